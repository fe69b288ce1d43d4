# SPDX-License-Identifier: MIT
#
# Finds libJudy, which brings no CMake package of its own: Judy::Judy.

find_path(Judy_INCLUDE_DIR Judy.h)
find_library(Judy_LIBRARY Judy)
mark_as_advanced(Judy_INCLUDE_DIR Judy_LIBRARY)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Judy
  REQUIRED_VARS Judy_LIBRARY Judy_INCLUDE_DIR)

if(Judy_FOUND AND NOT TARGET Judy::Judy)
  add_library(Judy::Judy UNKNOWN IMPORTED)
  set_target_properties(Judy::Judy PROPERTIES
    IMPORTED_LOCATION ${Judy_LIBRARY}
    INTERFACE_INCLUDE_DIRECTORIES ${Judy_INCLUDE_DIR})
endif()
