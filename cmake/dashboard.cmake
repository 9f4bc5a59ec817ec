# pgbaton_dashboard(TARGET): builds web/ with npm and puts the files into the target, so that one binary is all there is to
# install. Made anew when a file of web/ changes. node_modules lies in web/ and is shared by all build folders.
function(pgbaton_dashboard TARGET)
  find_program(NPM npm REQUIRED)
  set(web ${PROJECT_SOURCE_DIR}/web)
  set(out ${PROJECT_BINARY_DIR}/web)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${web}/src/* ${web}/public/*)
  add_custom_command(
    OUTPUT ${out}/dashboard_files.cpp
    COMMAND sh ${web}/build.sh ${out}
    DEPENDS ${sources} ${web}/build.sh ${web}/pack.mjs ${web}/index.html ${web}/package.json ${web}/package-lock.json
            ${web}/vite.config.ts ${web}/tsconfig.json
    COMMENT "Building the dashboard"
    VERBATIM)
  target_sources(${TARGET} PRIVATE ${out}/dashboard_files.cpp)
  set_source_files_properties(${out}/dashboard_files.cpp PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
endfunction()
