// A program with threads of WASI, without a library: Debian's wasi-libc is built without them. Its first argument says
// what it does.
#include <stddef.h>
#include <stdint.h>

#define IMPORT(module, name) __attribute__((import_module(module), import_name(name)))

IMPORT("wasi", "thread-spawn") int32_t thread_spawn(const void *argument);
IMPORT("wasi_snapshot_preview1", "args_get") int32_t args_get(char **arguments, char *text);
IMPORT("wasi_snapshot_preview1", "args_sizes_get") int32_t args_sizes_get(size_t *count, size_t *bytes);
IMPORT("wasi_snapshot_preview1", "proc_exit") _Noreturn void proc_exit(uint32_t code);
IMPORT("wasi_snapshot_preview1", "poll_oneoff")
int32_t poll_oneoff(const void *subscriptions, void *events, size_t count, size_t *ready);
struct buffer {
  const void *data;
  size_t size;
};
IMPORT("wasi_snapshot_preview1", "fd_write")
int32_t fd_write(int32_t descriptor, const struct buffer *buffers, size_t count, size_t *written);
IMPORT("wasi_snapshot_preview1", "fd_read")
int32_t fd_read(int32_t descriptor, const struct buffer *buffers, size_t count, size_t *read);

// --- threads ---

enum { kThreads = 8, kStackBytes = 16384 };

struct thread {
  void *stack_end;  // wasi_thread_start reads it: it stands first.
  void (*run)(struct thread *self);
  int number;
  int32_t id;
  int is_done;
  _Alignas(16) char stack[kStackBytes];
};
static struct thread threads[64];

// Each thread's instance begins with the stack pointer of the first.
__asm__(".globaltype __stack_pointer, i32\n"
        ".globl wasi_thread_start\n"
        ".type wasi_thread_start,@function\n"
        ".functype thread_main (i32, i32) -> ()\n"
        "wasi_thread_start:\n"
        "  .functype wasi_thread_start (i32, i32) -> ()\n"
        "  local.get 1\n"
        "  i32.load 0\n"
        "  global.set __stack_pointer\n"
        "  local.get 0\n"
        "  local.get 1\n"
        "  call thread_main\n"
        "  end_function\n");

static void wait_while(int *place, int value) {
  while (__atomic_load_n(place, __ATOMIC_SEQ_CST) == value) __builtin_wasm_memory_atomic_wait32(place, value, -1);
}

__attribute__((used)) void thread_main(int32_t id, struct thread *self) {
  if (__atomic_load_n(&self->id, __ATOMIC_SEQ_CST) != 0 && self->id != id) __builtin_trap();
  self->run(self);
  __atomic_store_n(&self->is_done, 1, __ATOMIC_SEQ_CST);
  __builtin_wasm_memory_atomic_notify(&self->is_done, 1);
}

static int32_t start(int number, void (*run)(struct thread *)) {
  struct thread *const thread = &threads[number];
  thread->stack_end = thread->stack + kStackBytes;
  thread->run = run;
  thread->number = number;
  thread->is_done = 0;
  const int32_t id = thread_spawn(thread);
  if (id > 0) __atomic_store_n(&thread->id, id, __ATOMIC_SEQ_CST);
  return id;
}

static void join(int number) { wait_while(&threads[number].is_done, 0); }

static _Noreturn void block_for_ever(void) {
  static int never;
  for (;;) wait_while(&never, 0);
}

// --- output ---

static void print(const char *text, int number) {
  char line[100];
  size_t size = 0;
  while (*text != 0) line[size++] = *text++;
  line[size++] = ' ';
  char digits[12];
  size_t count = 0;
  unsigned left = number < 0 ? 0U - (unsigned)number : (unsigned)number;
  do {
    digits[count++] = (char)('0' + left % 10);
    left /= 10;
  } while (left > 0);
  if (number < 0) line[size++] = '-';
  while (count > 0) line[size++] = digits[--count];
  line[size++] = '\n';
  const struct buffer whole = {line, size};
  size_t written = 0;
  if (fd_write(1, &whole, 1, &written) != 0 || written != size) __builtin_trap();
}

// --- what the program can do ---

static int counter;

static void add(struct thread *self) {
  (void)self;
  for (int i = 0; i < 100000; ++i) __atomic_fetch_add(&counter, 1, __ATOMIC_SEQ_CST);
}

static void count(void) {
  for (int i = 0; i < kThreads; ++i) {
    if (start(i, add) <= 0) __builtin_trap();
  }
  for (int i = 0; i < kThreads; ++i) join(i);
  print("counted", counter);
}

// Two threads hand a number to and fro.
static int turn;

static void play(struct thread *self) {
  for (int i = 0; i < 1000; ++i) {
    while (__atomic_load_n(&turn, __ATOMIC_SEQ_CST) % 2 != self->number) wait_while(&turn, 2 * i + self->number - 1);
    __atomic_fetch_add(&turn, 1, __ATOMIC_SEQ_CST);
    __builtin_wasm_memory_atomic_notify(&turn, 1);
  }
}

static void hand_over(void) {
  for (int i = 0; i < 2; ++i) {
    if (start(i, play) <= 0) __builtin_trap();
  }
  for (int i = 0; i < 2; ++i) join(i);
  print("handed over", turn);
}

static void write_lines(struct thread *self) {
  char line[61];
  for (int i = 0; i < 60; ++i) line[i] = (char)('a' + self->number);
  line[60] = '\n';
  for (int i = 0; i < 200; ++i) {
    const struct buffer halves[] = {{line, 30}, {line + 30, 31}};
    size_t written = 0;
    if (fd_write(1, halves, 2, &written) != 0 || written != sizeof line) __builtin_trap();
  }
}

static void lines(void) {
  for (int i = 0; i < kThreads; ++i) {
    if (start(i, write_lines) <= 0) __builtin_trap();
  }
  for (int i = 0; i < kThreads; ++i) join(i);
}

// Every way to be busy: computing, waiting in memory, for time, for input. The last one ends the program.
static int there;
static void (*ending)(void);

static void nap(void) {
  // The monotonic clock, a day from now.
  struct {
    uint64_t user_data;
    uint8_t type;
    uint32_t clock;
    uint64_t timeout_ns;
    uint64_t precision_ns;
    uint16_t flags;
  } subscription = {0, 0, 1, 86400ULL * 1000000000, 0, 0};
  char event[32];
  size_t ready = 0;
  poll_oneoff(&subscription, event, 1, &ready);
}

static void read_input(void) {
  char byte;
  const struct buffer whole = {&byte, 1};
  size_t got = 0;
  fd_read(0, &whole, 1, &got);
}

static void be_busy(struct thread *self) {
  __atomic_fetch_add(&there, 1, __ATOMIC_SEQ_CST);
  __builtin_wasm_memory_atomic_notify(&there, -1);
  switch (self->number) {
    case 0:
      block_for_ever();
    case 1:
      nap();
      break;
    case 2:
      read_input();
      break;
    case 3:
      for (;;) __atomic_fetch_add(&counter, 1, __ATOMIC_SEQ_CST);
    default:
      for (int i = 1; i <= 4; ++i) wait_while(&there, i);
      if (ending != NULL) ending();
      block_for_ever();
  }
}

static void start_busy(void) {
  for (int i = 0; i < 5; ++i) {
    if (start(i, be_busy) <= 0) __builtin_trap();
  }
}

static void exit_with_7(void) {
  print("exits", 7);
  proc_exit(7);
}
static void exit_quietly(void) { proc_exit(7); }
__attribute__((noinline)) static void fall(void) { __builtin_trap(); }

// As many threads as may be.
static void wait_for_ever(struct thread *self) {
  (void)self;
  block_for_ever();
}

static void limit(void) {
  for (int i = 0; i < 64; ++i) {
    const int32_t id = start(i, wait_for_ever);
    if (id > 0) continue;
    print("threads", i);
    print("then", id);
    return;
  }
}

// Writes until nobody reads any more; then the first thread ends the program.
static void write_for_ever(struct thread *self) {
  for (;;) {
    __atomic_fetch_add(&there, 1, __ATOMIC_SEQ_CST);
    print("line", self->number);
  }
}

static void end_with_a_stuck_writer(void) {
  static int never;
  if (start(0, write_for_ever) <= 0) __builtin_trap();
  int before;
  do {
    before = __atomic_load_n(&there, __ATOMIC_SEQ_CST);
    __builtin_wasm_memory_atomic_wait32(&never, 0, 300000000);
  } while (before == 0 || before != __atomic_load_n(&there, __ATOMIC_SEQ_CST));
  ending();
}

// Without an end, but for that of its stack.
__attribute__((noinline)) static int fall_deep(int depth) {
  return depth == -1 ? 0 : fall_deep(depth + 1) + __atomic_load_n(&counter, __ATOMIC_SEQ_CST);
}
static void fall_down(struct thread *self) { print("depth", fall_deep(self->number)); }

// As many as the machine has room for: they wait without a stack of their own.
static void exhaust(void) {
  threads[0].stack_end = threads[0].stack + kStackBytes;
  threads[0].run = wait_for_ever;
  int count = 0;
  while (thread_spawn(&threads[0]) > 0) ++count;
  print("threads", count);
  block_for_ever();
}

static void memory(void) {
  int pages = (int)__builtin_wasm_memory_size(0);
  while (__builtin_wasm_memory_grow(0, 1) != (size_t)-1) ++pages;
  print("pages", pages);
}

static int is(const char *text, const char *other) {
  while (*text != 0 && *text == *other) ++text, ++other;
  return *text == *other;
}

void _start(void) {
  static char *arguments[8];
  static char text[1024];
  size_t size = 0;
  size_t bytes = 0;
  args_sizes_get(&size, &bytes);
  if (size < 2 || size > 8 || bytes > sizeof text || args_get(arguments, text) != 0) proc_exit(2);
  const char *const word = arguments[1];
  if (is(word, "count")) {
    count();
  } else if (is(word, "hand-over")) {
    hand_over();
  } else if (is(word, "lines")) {
    lines();
  } else if (is(word, "limit")) {
    limit();
  } else if (is(word, "stuck-exit")) {
    ending = exit_quietly;
    end_with_a_stuck_writer();
  } else if (is(word, "stuck-trap")) {
    ending = fall;
    end_with_a_stuck_writer();
  } else if (is(word, "stuck-block")) {
    ending = block_for_ever;
    end_with_a_stuck_writer();
  } else if (is(word, "recurse")) {
    if (start(0, fall_down) <= 0) __builtin_trap();
    block_for_ever();
  } else if (is(word, "recurse-alone")) {
    fall_down(&threads[0]);
  } else if (is(word, "exhaust")) {
    exhaust();
  } else if (is(word, "memory")) {
    memory();
  } else if (is(word, "exit")) {
    ending = exit_with_7;
    start_busy();
    block_for_ever();
  } else if (is(word, "trap")) {
    ending = fall;
    start_busy();
    for (;;) __atomic_fetch_add(&counter, 1, __ATOMIC_SEQ_CST);
  } else if (is(word, "block")) {
    start_busy();
    block_for_ever();
  } else if (is(word, "return")) {
    start_busy();
    for (int i = 0; i <= 4; ++i) wait_while(&there, i);
    print("returns", there);
  } else {
    proc_exit(2);
  }
}
