// Where a libopus that was linked in writes before it aborts on a failed assertion of its own: the
// name that cmake/opus.cmake gives the C library's stderr in its copy of the library.
#include <cstdio>

extern "C" {
extern FILE* mixminus_opus_stderr;
FILE* mixminus_opus_stderr = stderr;
}
