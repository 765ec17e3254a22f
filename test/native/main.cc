// The one main of the native tests: doctest finds the cases that the *_test.cc files register.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>
