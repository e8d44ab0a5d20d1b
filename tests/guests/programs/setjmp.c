// What clang calls where a program says setjmp and longjmp (LLVM's WebAssemblyLowerEmscriptenEHSjLj).
#include <setjmp.h>

enum { kLongjmpTag = 1 };

void __wasm_setjmp(void* buffer, unsigned label, void* frame) {
  jmp_buf* const to = buffer;
  (*to)->frame = frame;
  (*to)->label = label;
}

// Which setjmp of this frame the buffer is of; 0: of none.
unsigned __wasm_setjmp_test(void* buffer, void* frame) {
  jmp_buf* const to = buffer;
  return (*to)->frame == frame ? (*to)->label : 0;
}

_Noreturn void __wasm_longjmp(void* buffer, int value) {
  jmp_buf* const to = buffer;
  (*to)->thrown.buffer = buffer;
  (*to)->thrown.value = value == 0 ? 1 : value;
  __builtin_wasm_throw(kLongjmpTag, &(*to)->thrown);
}
