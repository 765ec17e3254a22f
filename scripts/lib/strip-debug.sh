#!/bin/sh
# prebuildify calls this as its strip (PREBUILD_STRIP_BIN) with the file and --strip-all. Only debug information goes: the
# symbol table stays, so that profilers name the stages of a tick.
exec "${STRIP:-strip}" --strip-debug "$1"
