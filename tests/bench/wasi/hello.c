// What everybody writes first, to measure how a program starts.
#include <stdio.h>

int main(void) {
  puts("hello, world");
  return 0;
}
