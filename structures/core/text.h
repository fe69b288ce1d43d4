// SPDX-License-Identifier: MIT
//
// The value of a macro as a string literal: libraries give their versions as
// numbers, and a structure's origin names the version.

#pragma once

#define PFN_TEXT(macro) PFN_TEXT_OF_VALUE(macro)
#define PFN_TEXT_OF_VALUE(...) #__VA_ARGS__  // it may contain commas
