// SPDX-License-Identifier: MIT
//
// Last words: when the program crashes, it says what it was doing. A structure
// that dies of a failed allocation, by std::terminate() or a wild pointer, is
// named that way.

#pragma once

#include <string_view>

namespace pfn {

// From now on SIGABRT, SIGBUS, SIGFPE, SIGILL and SIGSEGV write the note of the
// moment to stderr before they end the program as ever.
void InstallCrashNote();

// One line, without its end; longer ones are cut off. Copied.
void SetCrashNote(std::string_view note);

}  // namespace pfn
