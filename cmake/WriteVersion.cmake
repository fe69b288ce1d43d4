# SPDX-License-Identifier: MIT
#
# Writes OUTPUT, a header with version and commit, if it would change.

execute_process(
  COMMAND git -C ${SOURCE_DIR} describe --always --dirty --abbrev=12
          --exclude=*
  OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE
  ERROR_QUIET RESULT_VARIABLE failed)
if(failed)
  set(commit "unknown")
endif()
file(CONFIGURE OUTPUT ${OUTPUT} CONTENT "// SPDX-License-Identifier: MIT
// Generated at every build.
#define PFN_VERSION \"${VERSION}\"
#define PFN_COMMIT \"${commit}\"
")
