// What ends by a trap ends as a shell says of SIGABRT.
#include <stdlib.h>

int main(void) {
  abort();
}
