# pgbaton_unity(TARGET SOURCE...): compiles groups of the sources as one translation unit each, because parsing the libraries'
# headers costs more than our own code: 27 s become 4 s for store and catalog. Groups are cut anew whenever CMake configures.
function(pgbaton_unity TARGET)
  execute_process(COMMAND /usr/bin/python3 ${PROJECT_SOURCE_DIR}/tools/lint/groups.py 16 ${ARGN}
                  OUTPUT_VARIABLE groups OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
  string(REPLACE ";" "|" groups "${groups}")
  string(REPLACE "\n" ";" groups "${groups}")
  set(number 0)
  foreach(group ${groups})
    math(EXPR number "${number} + 1")
    string(REPLACE "|" ";" members "${group}")
    set_source_files_properties(${members} PROPERTIES UNITY_GROUP "${number}")
  endforeach()
  set_target_properties(${TARGET} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
  target_compile_options(${TARGET} PRIVATE -Wno-shadow) # a local name may be another file's constant
endfunction()

# pgbaton_module(NAME [USES module...] [LIBRARIES target...])
#
# One folder of src/ = one static library = one namespace. Its tests are the *_test.cpp files beside the sources, built
# into one executable NAME_test. The presets compile sources in groups; -DCMAKE_UNITY_BUILD=OFF compiles them file by file.
function(pgbaton_module NAME)
  cmake_parse_arguments(M "" "" "USES;LIBRARIES" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS src/${NAME}/*.cpp)
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "_test\\.cpp$")
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")

  add_library(pgbaton_${NAME} STATIC ${sources})
  target_include_directories(pgbaton_${NAME} PUBLIC ${PROJECT_SOURCE_DIR}/src)
  list(TRANSFORM M_USES PREPEND pgbaton_)
  target_link_libraries(pgbaton_${NAME} PUBLIC ${M_USES} ${M_LIBRARIES})
  if(CMAKE_UNITY_BUILD)
    pgbaton_unity(pgbaton_${NAME} ${sources})
  endif()

  if(PGBATON_TESTS AND tests)
    add_executable(${NAME}_test ${tests})
    pgbaton_unity(${NAME}_test ${tests})
    target_compile_options(${NAME}_test PRIVATE -O0) # the code under test is optimised, the test need not be
    target_link_libraries(${NAME}_test PRIVATE pgbaton_${NAME} GTest::gmock_main rapidcheck_gtest)
    add_test(NAME ${NAME} COMMAND ${NAME}_test WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  endif()
endfunction()
