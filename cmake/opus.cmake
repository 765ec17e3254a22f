# libopus, where this machine has it: a target `mixminus_opus` to link, which also defines MIXMINUS_OPUS. Without it
# the build goes on without Opus, and the addon's capabilities() says so.
#
# The static library is preferred, so that the binary needs nothing of its host. Debian's is compiled for executables
# (PIE): it addresses `stderr`, a variable of libc, in a way that a shared object cannot. A copy in the build tree
# asks for a variable of ours instead (opus_stderr.cc); everything else in it links as it is, because the
# version script binds its symbols locally.
find_path(OPUS_INCLUDE_DIR opus/opus.h)
find_library(OPUS_STATIC_LIBRARY NAMES ${CMAKE_STATIC_LIBRARY_PREFIX}opus${CMAKE_STATIC_LIBRARY_SUFFIX})
find_library(OPUS_ANY_LIBRARY NAMES opus)
mark_as_advanced(OPUS_INCLUDE_DIR OPUS_STATIC_LIBRARY OPUS_ANY_LIBRARY)

add_library(mixminus_opus INTERFACE)
set(MIXMINUS_HAS_OPUS OFF)
if(MIXMINUS_OPUS AND OPUS_INCLUDE_DIR AND (OPUS_STATIC_LIBRARY OR OPUS_ANY_LIBRARY))
  set(MIXMINUS_HAS_OPUS ON)
  target_compile_definitions(mixminus_opus INTERFACE MIXMINUS_OPUS)
  target_include_directories(mixminus_opus SYSTEM INTERFACE ${OPUS_INCLUDE_DIR})
  if(OPUS_STATIC_LIBRARY AND CMAKE_OBJCOPY AND NOT APPLE)
    set(opus_copy ${CMAKE_CURRENT_BINARY_DIR}/libopus_shareable.a)
    add_custom_command(OUTPUT ${opus_copy}
      COMMAND ${CMAKE_OBJCOPY} --redefine-sym stderr=mixminus_opus_stderr ${OPUS_STATIC_LIBRARY} ${opus_copy}
      DEPENDS ${OPUS_STATIC_LIBRARY} VERBATIM)
    add_custom_target(mixminus_opus_copy DEPENDS ${opus_copy})
    add_dependencies(mixminus_opus mixminus_opus_copy)
    add_library(mixminus_opus_stderr STATIC cmake/opus_stderr.cc)
    target_link_libraries(mixminus_opus_stderr PRIVATE mixminus_options)
    target_link_libraries(mixminus_opus INTERFACE ${opus_copy} mixminus_opus_stderr m)
  else()
    target_link_libraries(mixminus_opus INTERFACE ${OPUS_ANY_LIBRARY})
  endif()
  message(STATUS "Opus: ${OPUS_STATIC_LIBRARY} ${OPUS_ANY_LIBRARY}")
else()
  message(STATUS "Opus: not found (Debian: libopus-dev); this build has no Opus")
endif()
