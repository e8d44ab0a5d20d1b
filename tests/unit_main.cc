// The main function of every module's test program.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
// A guest's trap arrives as a signal, whose handler must stay the engine's.
#define DOCTEST_CONFIG_NO_POSIX_SIGNALS
#include <doctest/doctest.h>
