// SPDX-License-Identifier: MIT
//
// What came from a file, a file name or a command line, made fit for a
// terminal. A program applies Printable() where it prints, once, so that no
// message needs to think of it.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace pfn {

// The length of the UTF-8 sequence that starts `text`, which is not empty; 0 if
// there is none or its character is a control character.
std::size_t PrintableLength(std::string_view text);

// `text` as one line: what is not printable UTF-8 becomes \xNN.
std::string Printable(std::string_view text);

// `text` as one word for a shell, quoted if it must be; printable.
std::string ShellWord(std::string_view text);

// `text` in double quotes, unprintable bytes as \xNN, cut after 40 bytes.
std::string Quoted(std::string_view text);

}  // namespace pfn
