// A program that calls WASIX: `wasix echo` listens on a port of 127.0.0.1 that it prints, and gives
// one client back what it sends, with epoll; `wasix local DIRECTORY` tries what stays within the
// program; `wasix fork` and `wasix exec` call what weft does not have.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct {
  const void* bytes;
  uint32_t size;
} Buffer;

typedef struct {
  uint8_t family;
  uint8_t padding;
  uint16_t port;
  uint8_t bytes[4];
  uint8_t rest[102];
} Address;

typedef struct {
  uint32_t events;
  uint32_t padding;
  uint32_t pointer;  // from here on what the program wants to be told
  uint32_t number;
  uint64_t data1;
  uint64_t data2;
} Event;

#define IMPORT(module, name) \
  __attribute__((import_module(module), import_name(#name))) uint32_t wasix_##name
#define WASIX(name) IMPORT("wasix_32v1", name)
WASIX(sock_open)(uint32_t family, uint32_t type, uint32_t protocol, uint32_t* number);
WASIX(sock_bind)(uint32_t number, const Address* address);
WASIX(sock_listen)(uint32_t number, uint32_t backlog);
WASIX(sock_accept_v2)(uint32_t number, uint32_t flags, uint32_t* accepted, Address* from);
WASIX(sock_addr_local)(uint32_t number, Address* address);
WASIX(sock_send_to)(uint32_t number, const Buffer* buffers, uint32_t count, uint32_t flags,
                    const Address* to, uint32_t* size);
WASIX(sock_recv_from)(uint32_t number, const Buffer* buffers, uint32_t count, uint32_t flags,
                      uint32_t* size, uint16_t* out, Address* from);
WASIX(epoll_create)(uint32_t* number);
WASIX(epoll_ctl)(uint32_t list, uint32_t operation, uint32_t number, const Event* event);
WASIX(epoll_wait)(uint32_t list, Event* events, uint32_t count, uint64_t timeout, uint32_t* stored);
WASIX(fd_dup)(uint32_t number, uint32_t* copy);
WASIX(fd_pipe)(uint32_t* reader, uint32_t* writer);
WASIX(chdir)(const char* path, uint32_t size);
WASIX(getcwd)(char* path, uint32_t* size);
WASIX(path_open2)(uint32_t directory, uint32_t lookup, const char* path, uint32_t size,
                  uint32_t how, uint64_t rights, uint64_t inheriting, uint32_t flags,
                  uint32_t more_flags, uint32_t* number);
WASIX(proc_fork)(uint32_t copies_memory, uint32_t* process);
__attribute__((import_module("wasix_32v1"), import_name("proc_exec"))) void wasix_proc_exec(
    const char* name, uint32_t name_size, const char* arguments, uint32_t arguments_size);
IMPORT("wasi_snapshot_preview1", fd_renumber)(uint32_t from, uint32_t to);

static void check(const char* what, uint32_t error) {
  if (error == 0) return;
  fprintf(stderr, "%s: errno %u\n", what, error);
  exit(1);
}

static void must(const char* what, int holds) {
  if (holds) return;
  fprintf(stderr, "%s\n", what);
  exit(1);
}

static void add(uint32_t list, uint32_t number) {
  const Event event = {.events = 1, .number = number};
  check("epoll_ctl", wasix_epoll_ctl(list, 0, number, &event));
}

// Waits until one of the list can be read, and returns its number.
static uint32_t next(uint32_t list) {
  Event event;
  uint32_t count = 0;
  check("epoll_wait", wasix_epoll_wait(list, &event, 1, UINT64_MAX, &count));
  must("epoll_wait told nothing", count == 1 && (event.events & 1) != 0);
  return event.number;
}

static void echo(void) {
  uint32_t listener, list, connection;
  Address address = {.family = 1, .bytes = {127, 0, 0, 1}};
  check("sock_open", wasix_sock_open(1, 1, 6, &listener));
  check("sock_bind", wasix_sock_bind(listener, &address));
  check("sock_listen", wasix_sock_listen(listener, 5));
  check("sock_addr_local", wasix_sock_addr_local(listener, &address));
  printf("%u\n", address.port);
  fflush(stdout);
  check("epoll_create", wasix_epoll_create(&list));
  add(list, listener);
  must("the listener is ready", next(list) == listener);
  check("sock_accept_v2", wasix_sock_accept_v2(listener, 0, &connection, &address));
  must("the client is of this machine", address.family == 1 && address.bytes[0] == 127);
  add(list, connection);
  for (;;) {
    must("the connection is ready", next(list) == connection);
    char bytes[1000];
    const ssize_t size = read((int)connection, bytes, sizeof bytes);
    must("read", size >= 0);
    if (size == 0) return;
    must("write", write((int)connection, bytes, (size_t)size) == size);
  }
}

static void datagrams(void) {
  uint32_t socket, size;
  uint16_t flags;
  char answer[10];
  Address address = {.family = 1, .bytes = {127, 0, 0, 1}};
  const Buffer out = {"datagram", 8};
  const Buffer in = {answer, sizeof answer};
  check("sock_open", wasix_sock_open(1, 2, 17, &socket));
  check("sock_bind", wasix_sock_bind(socket, &address));
  check("sock_addr_local", wasix_sock_addr_local(socket, &address));
  check("sock_send_to", wasix_sock_send_to(socket, &out, 1, 0, &address, &size));
  check("sock_recv_from", wasix_sock_recv_from(socket, &in, 1, 0, &size, &flags, &address));
  must("a datagram came back", size == 8 && memcmp(answer, "datagram", 8) == 0);
}

// What is printed while standard output is the pipe comes out of it.
static void redirect(void) {
  uint32_t reader, writer, saved;
  char text[100] = "";
  check("fd_pipe", wasix_fd_pipe(&reader, &writer));
  check("fd_dup", wasix_fd_dup(1, &saved));
  check("dup2", wasix_fd_renumber(writer, 1));
  must("write", write(1, "into the pipe", 13) == 13);
  check("dup2", wasix_fd_renumber(saved, 1));
  must("read", read((int)reader, text, sizeof text) == 13);
  must("the pipe gave what was printed", strcmp(text, "into the pipe") == 0);
}

// As wasix-libc opens a file: what is relative, behind the working directory.
static void open_in(const char* directory, const char* name) {
  char path[200];
  uint32_t number, size = sizeof path;
  check("chdir", wasix_chdir(directory, strlen(directory)));
  check("getcwd", wasix_getcwd(path, &size));
  must("getcwd tells where it went", strcmp(path, directory) == 0);
  strcat(strcat(path, "/"), name);
  check("path_open2",
        wasix_path_open2(3, 1, path, strlen(path), 1, UINT64_MAX, UINT64_MAX, 0, 1, &number));
  must("write", write((int)number, "written\n", 8) == 8);
  check("chdir ..", wasix_chdir("..", 2));
  size = sizeof path;
  check("getcwd", wasix_getcwd(path, &size));
  must("it went up", strlen(path) < strlen(directory));
}

int main(int count, char** arguments) {
  const char* what = count > 1 ? arguments[1] : "";
  if (strcmp(what, "echo") == 0) {
    echo();
  } else if (strcmp(what, "datagrams") == 0) {
    datagrams();
    puts("ok");
  } else if (strcmp(what, "local") == 0 && count > 2) {
    redirect();
    open_in(arguments[2], "file");
    puts("ok");
  } else if (strcmp(what, "fork") == 0) {
    uint32_t process;
    check("proc_fork", wasix_proc_fork(1, &process));
  } else {
    wasix_proc_exec("ls", 2, "", 0);
  }
  return 0;
}
