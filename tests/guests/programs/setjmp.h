// setjmp and longjmp as exceptions of WebAssembly: what clang makes of calls to them
// (-wasm-enable-sjlj), with setjmp.c.
#pragma once

typedef struct {
  void* frame;     // of the function that called setjmp
  unsigned label;  // of its call there
  struct {
    void* buffer;
    int value;
  } thrown;
} jmp_buf[1];

int setjmp(jmp_buf buffer) __attribute__((returns_twice));
_Noreturn void longjmp(jmp_buf buffer, int value);
