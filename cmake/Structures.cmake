# SPDX-License-Identifier: MIT
#
# Turns the list of structures into libraries, and leaves out, loudly, those
# whose library is not installed.

# pfn_optional_library(absl DEBIAN libabsl-dev TARGET absl::btree)
# Looks for CMake's package `name`. If it is there, pfn::with_NAME brings it to
# all that link that, and structures that name it are built.
function(pfn_optional_library name)
  cmake_parse_arguments(ARG "" "DEBIAN;TARGET" "" ${ARGN})
  set(CMAKE_FIND_PACKAGE_TARGETS_GLOBAL ON)
  find_package(${name} QUIET)
  set_property(GLOBAL PROPERTY PFN_DEBIAN_PACKAGE_OF_${name} ${ARG_DEBIAN})
  if(TARGET ${ARG_TARGET})
    add_library(pfn_with_${name} INTERFACE)
    add_library(pfn::with_${name} ALIAS pfn_with_${name})
    target_link_libraries(pfn_with_${name} INTERFACE ${ARG_TARGET})
  endif()
endfunction()

# pfn_parse_structure(structures/list.def "PFN_STRUCTURE(...)")
# Sets PFN_NAME, PFN_CLASS, PFN_HEADER and PFN_LIBRARY of the caller.
macro(pfn_parse_structure list_file line)
  string(CONCAT form "^PFN_STRUCTURE\\("
    "([a-z0-9+.-]+), ([A-Za-z0-9_]+), ([a-z0-9_/.]+)(, ([A-Za-z0-9_]+))?\\)$")
  if(NOT "${line}" MATCHES "${form}")
    message(FATAL_ERROR "${list_file}: '${line}'; "
      "expected PFN_STRUCTURE(name, Class, header[, library])")
  endif()
  set(PFN_NAME ${CMAKE_MATCH_1})
  set(PFN_CLASS ${CMAKE_MATCH_2})
  set(PFN_HEADER ${CMAKE_MATCH_3})
  set(PFN_LIBRARY ${CMAKE_MATCH_5})
endmacro()

# pfn_add_kinds(structures/list.def)
# Adds pfn::tested_structures out of the structures that PFN_ONLY names, for
# tests alone: one file, and nothing that measures. "plugins" is for none.
function(pfn_add_kinds list_file)
  file(STRINGS ${PROJECT_SOURCE_DIR}/${list_file} lines
    REGEX "^PFN_STRUCTURE\\(")
  set(wanted ${PFN_ONLY})
  list(REMOVE_ITEM wanted plugins)  # which need not be built
  set(libraries)
  set(PFN_INCLUDES)
  set(PFN_REQUIREMENTS)
  set(PFN_KINDS)
  foreach(line IN LISTS lines)
    pfn_parse_structure(${list_file} "${line}")
    if(NOT PFN_NAME IN_LIST wanted)
      continue()
    endif()
    list(REMOVE_ITEM wanted ${PFN_NAME})
    if(PFN_LIBRARY)
      get_property(debian GLOBAL PROPERTY PFN_DEBIAN_PACKAGE_OF_${PFN_LIBRARY})
      if(NOT TARGET pfn::with_${PFN_LIBRARY})
        message(FATAL_ERROR "${PFN_NAME} needs ${debian}; install it")
      endif()
      list(APPEND libraries pfn::with_${PFN_LIBRARY})
    endif()
    string(APPEND PFN_INCLUDES "#include \"${PFN_HEADER}\"\n")
    string(APPEND PFN_REQUIREMENTS "PFN_REQUIRES_PFN_SET(${PFN_CLASS});\n")
    string(APPEND PFN_KINDS "      SetKindOf<${PFN_CLASS}<NowaitHeap>>(),\n")
  endforeach()
  if(wanted)
    message(FATAL_ERROR "PFN_ONLY: ${list_file} has no ${wanted}")
  endif()
  configure_file(${PROJECT_SOURCE_DIR}/tests/structures/kinds.cc.in
    ${PROJECT_BINARY_DIR}/generated/kinds.cc @ONLY)
  pfn_add_library(NAME tested_structures
    SRCS ${PROJECT_BINARY_DIR}/generated/kinds.cc
    DEPS pfn::rig PRIVATE_DEPS ${libraries})
endfunction()

# pfn_add_structures(structures/list.def DEPS pfn::measure)
# Reads the list and adds pfn::registry, which holds the functions declared in
# harness/registry/structures.h, and sets PFN_STRUCTURE_LIBRARIES to all that
# hold code of structures. CMake runs again when the list changes.
#
# Structures that wrap the same library are a library of their own, so that
# nothing of what the wrapped one asks of a compiler reaches any other structure.
function(pfn_add_structures list_file)
  cmake_parse_arguments(ARG "" "" "DEPS" ${ARGN})
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
    ${PROJECT_SOURCE_DIR}/${list_file})
  file(STRINGS ${PROJECT_SOURCE_DIR}/${list_file} lines
    REGEX "^PFN_STRUCTURE\\(")
  set(templates ${PROJECT_SOURCE_DIR}/harness/registry)
  set(generated ${PROJECT_BINARY_DIR}/generated)
  set(sources_)
  set(wrapped)
  set(PFN_DECLARATIONS)
  set(PFN_CALLS)
  set(PFN_MISSING)
  foreach(line IN LISTS lines)
    pfn_parse_structure(${list_file} "${line}")
    if(PFN_LIBRARY)
      get_property(debian GLOBAL PROPERTY PFN_DEBIAN_PACKAGE_OF_${PFN_LIBRARY})
      if(NOT debian)
        message(FATAL_ERROR "${list_file}: '${line}'; "
          "structures/CMakeLists.txt knows no library '${PFN_LIBRARY}'")
      elseif(NOT TARGET pfn::with_${PFN_LIBRARY})
        message(NOTICE "${PFN_NAME}: not built, ${debian} is missing")
        string(APPEND PFN_MISSING "      {\"${PFN_NAME}\", \"${debian}\"},\n")
        continue()
      endif()
    endif()

    # What is timed apart from everything else: see measure.cc.in.
    configure_file(${templates}/measure.cc.in
      ${generated}/measure_${PFN_CLASS}.cc @ONLY)
    configure_file(${templates}/structure.cc.in
      ${generated}/uses_${PFN_CLASS}.cc @ONLY)
    list(APPEND sources_${PFN_LIBRARY} ${generated}/measure_${PFN_CLASS}.cc
      ${generated}/uses_${PFN_CLASS}.cc)
    if(PFN_LIBRARY)
      list(APPEND wrapped ${PFN_LIBRARY})
    endif()
    string(APPEND PFN_DECLARATIONS "Structure Make${PFN_CLASS}();\n"
      "static_assert(!IsTaken(\"${PFN_NAME}\"), \"choose another name\");\n")
    string(APPEND PFN_CALLS "      Make${PFN_CLASS}(),\n")
  endforeach()

  set(wrappers)
  list(REMOVE_DUPLICATES wrapped)
  foreach(library IN LISTS wrapped)
    pfn_add_library(NAME structures_${library} SRCS ${sources_${library}}
      DEPS ${ARG_DEPS} PRIVATE_DEPS pfn::with_${library})
    pfn_read_headers_once(structures_${library})
    list(APPEND wrappers pfn::structures_${library})
  endforeach()
  configure_file(${templates}/structures.cc.in ${generated}/structures.cc @ONLY)
  # Apart, because tests load plugins where nothing else is measured.
  pfn_add_library(NAME plugins SRCS registry/plugins.cc
    DEPS pfn::base pfn::check PRIVATE_DEPS fmt::fmt ${CMAKE_DL_LIBS})
  pfn_add_library(NAME registry
    SRCS ${sources_} ${generated}/structures.cc
    DEPS ${ARG_DEPS} PRIVATE_DEPS pfn::plugins ${wrappers})
  pfn_read_headers_once(registry)
  list(TRANSFORM wrapped PREPEND structures_)
  set(PFN_STRUCTURE_LIBRARIES registry plugins ${wrapped} PARENT_SCOPE)
endfunction()

# All files of the library read the same headers. With PFN_QUICK_BUILD a dozen
# are compiled as one, and measured loops do not stand alone.
function(pfn_read_headers_once name)
  if(PFN_QUICK_BUILD)
    set_target_properties(pfn_${name} PROPERTIES
      UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 12)
  elseif(NOT CMAKE_BUILD_TYPE STREQUAL Debug)
    set_target_properties(pfn_${name} PROPERTIES
      PRECOMPILE_HEADERS_REUSE_FROM pfn_structure_headers)
  endif()
endfunction()
