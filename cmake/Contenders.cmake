# SPDX-License-Identifier: MIT
#
# Turns the list of contenders into source files, one for each.

# Reads `list_file` (relative to the source tree) and sets `result` to the
# generated sources; the target pfn::contender_types gives the same list as
# types ("contender_types.h"). CMake runs again when the list changes.
function(pfn_contender_sources list_file result)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
    ${PROJECT_SOURCE_DIR}/${list_file})
  file(STRINGS ${PROJECT_SOURCE_DIR}/${list_file} lines
    REGEX "^PFN_CONTENDER\\(")
  set(templates ${PROJECT_SOURCE_DIR}/harness/measure)
  set(generated ${PROJECT_BINARY_DIR}/generated)
  set(sources)
  set(PFN_DECLARATIONS)
  set(PFN_CALLS)
  set(PFN_INCLUDES)
  set(PFN_TYPES)
  foreach(line IN LISTS lines)
    if(NOT line MATCHES "^PFN_CONTENDER\\(([A-Za-z0-9_]+), ([a-z0-9_/.]+)\\)$")
      message(FATAL_ERROR
        "${list_file}: '${line}'; expected PFN_CONTENDER(Class, header)")
    endif()
    set(PFN_CLASS ${CMAKE_MATCH_1})
    set(PFN_HEADER ${CMAKE_MATCH_2})
    set(source ${generated}/contender_${PFN_CLASS}.cc)
    configure_file(${templates}/contender.cc.in ${source} @ONLY)
    list(APPEND sources ${source})
    string(APPEND PFN_DECLARATIONS "Contender Make${PFN_CLASS}();\n")
    string(APPEND PFN_CALLS "      Make${PFN_CLASS}(),\n")
    string(APPEND PFN_INCLUDES "#include \"${PFN_HEADER}\"\n")
    list(APPEND PFN_TYPES "${PFN_CLASS}<A>")
  endforeach()
  configure_file(${templates}/contenders.cc.in ${generated}/contenders.cc @ONLY)
  list(JOIN PFN_TYPES ", " PFN_TYPES)
  configure_file(${templates}/contender_types.h.in
    ${generated}/contender_types.h @ONLY)
  add_library(pfn_contender_types INTERFACE)
  add_library(pfn::contender_types ALIAS pfn_contender_types)
  target_include_directories(pfn_contender_types INTERFACE ${generated})
  target_link_libraries(pfn_contender_types INTERFACE pfn::structures)
  set(${result} ${sources} ${generated}/contenders.cc PARENT_SCOPE)
endfunction()
