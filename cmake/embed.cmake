# pgbaton_embed(TARGET FILE...): the catalog's data files inside the program, so that one binary is all there is to install.
# Each becomes a function in namespace pgbaton::catalog::builtin, named like the file.
function(pgbaton_embed TARGET)
  set(declarations "")
  set(definitions "")
  foreach(path ${ARGN})
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${path})
    get_filename_component(name ${path} NAME_WE)
    file(READ ${PROJECT_SOURCE_DIR}/${path} content)
    # A string literal may hold 64 KiB at most by the standard: pieces stay far below.
    string(REGEX REPLACE "\n\n" ")toml\"\nR\"toml(\n\n" content "${content}")
    string(APPEND declarations "std::string_view ${name}();\n")
    string(APPEND definitions "std::string_view ${name}() { return R\"toml(${content})toml\"; }\n")
  endforeach()
  set(folder ${PROJECT_BINARY_DIR}/generated)
  file(CONFIGURE OUTPUT ${folder}/catalog/builtin.hpp @ONLY CONTENT
       "#pragma once\n#include <string_view>\nnamespace pgbaton::catalog::builtin {\n@declarations@}\n")
  file(CONFIGURE OUTPUT ${folder}/catalog/builtin.cpp @ONLY CONTENT
       "#include \"catalog/builtin.hpp\"\nnamespace pgbaton::catalog::builtin {\n@definitions@}\n")
  target_sources(${TARGET} PRIVATE ${folder}/catalog/builtin.cpp)
  target_include_directories(${TARGET} PUBLIC ${folder})
endfunction()
