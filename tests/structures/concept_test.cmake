# SPDX-License-Identifier: MIT
#
# cmake -DCOMPILER=c++ -DSOURCE_DIR=/path -P concept_test.cmake
# A structure that lacks a member, or has it with another type, gets one error,
# and its line names that member.

set(compile ${COMPILER} -std=c++20 -fsyntax-only -I${SOURCE_DIR}
  ${SOURCE_DIR}/tests/structures/concept_names_member.cc)

execute_process(COMMAND ${compile} RESULT_VARIABLE status ERROR_VARIABLE said)
if(NOT status EQUAL 0)
  message(SEND_ERROR "a complete structure does not compile:\n${said}")
endif()

# TRAITS is the macro's, "kTraits" what the message must say.
function(expect_named macro member)
  foreach(defect IN ITEMS WITHOUT_${macro} WRONG_${macro})
    execute_process(COMMAND ${compile} -D${defect}
      RESULT_VARIABLE status ERROR_VARIABLE said)
    string(REGEX MATCHALL "error:[^\n]*" errors "${said}")
    list(LENGTH errors count)
    string(FIND "${errors}" "Mine lacks public: ${member} (see" place)
    if(status EQUAL 0 OR NOT count EQUAL 1 OR place EQUAL -1)
      message(SEND_ERROR
        "${defect}: expected one error that names '${member}':\n${said}")
    endif()
  endforeach()
endfunction()

expect_named(TRAITS "static constexpr StructureTraits kTraits")
expect_named(CONSTRUCTOR "explicit Mine(A& heap)")
expect_named(SET "Status Set(Pfn, Gfp)")
expect_named(CLEAR "Status Clear(Pfn, Gfp)")
expect_named(TEST "bool Test(Pfn)")
expect_named(NEXT_RANGE "std::optional<PfnRange> NextRange(Pfn from, Pfn max)")
expect_named(CLEAR_RANGE "Status ClearRange(PfnRange, Gfp)")
