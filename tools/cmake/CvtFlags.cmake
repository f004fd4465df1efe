# Compiler flags for all of our own code.
add_library(cvt_flags INTERFACE)
target_compile_definitions(cvt_flags INTERFACE CVT_VERSION="${PROJECT_VERSION}")
target_compile_options(cvt_flags INTERFACE
  -Wall -Wextra -Wno-unused-parameter
  # g++ 12 reports copies in std::string that cannot happen (PR105651).
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>
  # Results must not depend on whether a compiler fuses a*b+c.
  -ffp-contract=off)
if(CVT_SANITIZE)
  add_compile_options(-fsanitize=${CVT_SANITIZE} -fno-sanitize-recover=all
                      -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${CVT_SANITIZE})
endif()

# cvt_add_library(NAME SOURCES ... LINK ...): a static library of ours.
function(cvt_add_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE cvt_flags)
  target_link_libraries(${name} PUBLIC ${ARG_LINK})
endfunction()

# cvt_add_unit_test(NAME SOURCES ... LINK ...): a GoogleTest program that ctest
# runs, whose working directory is the top of the source tree.
function(cvt_add_unit_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE cvt_flags ${ARG_LINK} GTest::gtest_main)
  set_target_properties(${name} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/test")
  add_test(NAME ${name} COMMAND ${name}
           WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}")
endfunction()
