// Sockets through the calls that WasmEdge adds to preview 1: `sockets TCP_PORT UDP_PORT` talks to
// echo servers on 127.0.0.1, which it looks up as localhost, then to itself. Says what it is not
// allowed to do, and "ok".
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
  const uint8_t* bytes;
  uint32_t size;
} Address;

typedef struct {
  uint8_t* bytes;
  uint32_t size;
} Buffer;

typedef struct {
  uint8_t family;
  uint32_t size;
  uint8_t* bytes;
} SocketAddress;

typedef struct AddressInfo {
  uint16_t flags;
  uint8_t family;
  uint8_t type;
  uint32_t protocol;
  uint32_t address_size;
  SocketAddress* address;
  char* name;
  uint32_t name_size;
  struct AddressInfo* next;
} AddressInfo;

#define IMPORT(name) \
  __attribute__((import_module("wasi_snapshot_preview1"), import_name(#name))) uint32_t name
IMPORT(sock_open)(uint32_t family, uint32_t type, uint32_t* number);
IMPORT(sock_bind)(uint32_t number, const Address* address, uint32_t port);
IMPORT(sock_listen)(uint32_t number, uint32_t backlog);
IMPORT(sock_accept)(uint32_t number, uint32_t* accepted);
IMPORT(sock_connect)(uint32_t number, const Address* address, uint32_t port);
IMPORT(sock_recv)(uint32_t number, const Buffer* buffers, uint32_t count, uint32_t flags,
                  uint32_t* size, uint32_t* out);
IMPORT(sock_send)(uint32_t number, const Buffer* buffers, uint32_t count, uint32_t flags,
                  uint32_t* size);
IMPORT(sock_recv_from)(uint32_t number, const Buffer* buffers, uint32_t count, const Address* from,
                       uint32_t flags, uint32_t* port, uint32_t* size, uint32_t* out);
IMPORT(sock_send_to)(uint32_t number, const Buffer* buffers, uint32_t count, const Address* to,
                     uint32_t port, uint32_t flags, uint32_t* size);
IMPORT(sock_getlocaladdr)(uint32_t number, const Address* address, uint32_t* kind, uint32_t* port);
IMPORT(sock_getpeeraddr)(uint32_t number, const Address* address, uint32_t* kind, uint32_t* port);
IMPORT(sock_getsockopt)(uint32_t number, int32_t level, int32_t name, int32_t* value,
                        uint32_t* size);
IMPORT(sock_setsockopt)(uint32_t number, int32_t level, int32_t name, const int32_t* value,
                        uint32_t size);
IMPORT(sock_getaddrinfo)(const char* node, uint32_t node_size, const char* service,
                         uint32_t service_size, const AddressInfo* hints, AddressInfo** answers,
                         uint32_t max, uint32_t* count);

enum { kInet4 = 1, kDatagram = 1, kStream = 2, kNotPermitted = 63 };

#define CHECK(condition)                                              \
  do {                                                                \
    if (!(condition)) {                                               \
      fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
      exit(1);                                                        \
    }                                                                 \
  } while (0)
#define CHECK_OK(call)                                                                     \
  do {                                                                                     \
    const uint32_t error = (call);                                                         \
    if (error != 0) {                                                                      \
      fprintf(stderr, "%s:%d: %s: %s\n", __FILE__, __LINE__, #call, strerror((int)error)); \
      exit(1);                                                                             \
    }                                                                                      \
  } while (0)

static const uint8_t kLoopbackBytes[4] = {127, 0, 0, 1};
static const Address kLoopback = {kLoopbackBytes, 4};
static uint8_t bytes[256];
static const Buffer kAll = {bytes, sizeof bytes};
static const Buffer kHello = {(uint8_t*)"hello", 5};

static uint32_t opened(uint32_t type) {
  uint32_t number = 0;
  CHECK_OK(sock_open(kInet4, type, &number));
  return number;
}

static void check_hello(uint32_t number) {
  uint32_t size = 0;
  uint32_t out = 0;
  memset(bytes, 0, sizeof bytes);
  CHECK_OK(sock_recv(number, &kAll, 1, 0, &size, &out));
  CHECK(size == 5 && memcmp(bytes, "hello", 5) == 0);
}

static void look_up(uint32_t port) {
  AddressInfo hints = {.family = kInet4, .type = kStream};
  uint8_t data[26];
  SocketAddress address = {.bytes = data};
  AddressInfo info = {.address = &address};
  AddressInfo* answers = &info;
  char service[16];
  snprintf(service, sizeof service, "%u", (unsigned)port);
  uint32_t count = 0;
  CHECK_OK(sock_getaddrinfo("localhost", 10, service, (uint32_t)strlen(service) + 1, &hints,
                            &answers, 1, &count));
  CHECK(count == 1 && address.family == kInet4 && memcmp(data + 2, kLoopbackBytes, 4) == 0);
  CHECK(data[0] * 256u + data[1] == port);
  CHECK(sock_getaddrinfo("example.org", 12, "", 1, &hints, &answers, 1, &count) == kNotPermitted);
}

static void talk_tcp(uint32_t port) {
  const uint32_t number = opened(kStream);
  CHECK_OK(sock_connect(number, &kLoopback, port));
  uint32_t size = 0;
  CHECK_OK(sock_send(number, &kHello, 1, 0, &size));
  CHECK(size == 5);
  check_hello(number);
  uint8_t peer_bytes[16];
  const Address peer = {peer_bytes, sizeof peer_bytes};
  uint32_t kind = 0;
  uint32_t peer_port = 0;
  CHECK_OK(sock_getpeeraddr(number, &peer, &kind, &peer_port));
  CHECK(kind == 4 && peer_port == port && memcmp(peer_bytes, kLoopbackBytes, 4) == 0);
  int32_t value = 1;
  uint32_t value_size = sizeof value;
  CHECK_OK(sock_setsockopt(number, 0, 7, &value, sizeof value));
  value = 0;
  CHECK_OK(sock_getsockopt(number, 0, 7, &value, &value_size));
  CHECK(value == 1);
  CHECK_OK(sock_getsockopt(number, 0, 1, &value, &value_size));
  CHECK(value == kStream);
}

static void talk_udp(uint32_t port) {
  const uint32_t number = opened(kDatagram);
  uint32_t size = 0;
  CHECK_OK(sock_send_to(number, &kHello, 1, &kLoopback, port, 0, &size));
  uint8_t from_bytes[128];
  const Address from = {from_bytes, sizeof from_bytes};
  uint32_t from_port = 0;
  uint32_t out = 0;
  CHECK_OK(sock_recv_from(number, &kAll, 1, &from, 0, &from_port, &size, &out));
  CHECK(size == 5 && memcmp(bytes, "hello", 5) == 0 && from_port == port);
  CHECK(from_bytes[0] == kInet4 && memcmp(from_bytes + 2, kLoopbackBytes, 4) == 0);
}

static void serve_itself(void) {
  const uint32_t listener = opened(kStream);
  CHECK_OK(sock_bind(listener, &kLoopback, 0));
  CHECK_OK(sock_listen(listener, 1));
  uint8_t local_bytes[16];
  const Address local = {local_bytes, sizeof local_bytes};
  uint32_t kind = 0;
  uint32_t port = 0;
  CHECK_OK(sock_getlocaladdr(listener, &local, &kind, &port));
  const uint32_t client = opened(kStream);
  CHECK_OK(sock_connect(client, &kLoopback, port));
  uint32_t server = 0;
  CHECK_OK(sock_accept(listener, &server));
  uint32_t size = 0;
  CHECK_OK(sock_send(client, &kHello, 1, 0, &size));
  check_hello(server);
}

int main(int argc, char** argv) {
  CHECK(argc == 3);
  const uint32_t tcp = (uint32_t)atoi(argv[1]);
  look_up(tcp);
  talk_tcp(tcp);
  talk_udp((uint32_t)atoi(argv[2]));
  serve_itself();
  static const uint8_t private_bytes[4] = {10, 0, 0, 1};
  const Address elsewhere = {private_bytes, 4};
  CHECK(sock_connect(opened(kStream), &elsewhere, 80) == kNotPermitted);
  puts("ok");
  return 0;
}
