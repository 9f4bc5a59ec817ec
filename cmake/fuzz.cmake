# pgbaton_fuzz(MODULE FILE...): tests/fuzz/FILE.cpp becomes the libFuzzer program FILE, linked to the module that it feeds.
# All of them together are the target `fuzz`. Needs clang: the preset `fuzz` has the flags.
option(PGBATON_FUZZ "Build the fuzzers of tests/fuzz" OFF)

function(pgbaton_fuzz MODULE)
  if(NOT PGBATON_FUZZ)
    return()
  endif()
  if(NOT TARGET fuzz)
    add_custom_target(fuzz)
  endif()
  foreach(name ${ARGN})
    add_executable(${name} tests/fuzz/${name}.cpp)
    target_link_libraries(${name} PRIVATE pgbaton_${MODULE})
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
    add_dependencies(fuzz ${name})
  endforeach()
endfunction()
