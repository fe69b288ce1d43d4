// SPDX-License-Identifier: MIT
//
// File: structures/core/text.h
//
// The value of a macro as a string literal: libraries give their versions as
// numbers, and a structure's origin names the version.

#ifndef PFNBENCH_STRUCTURES_CORE_TEXT_H_
#define PFNBENCH_STRUCTURES_CORE_TEXT_H_

#define PFN_TEXT(macro) PFN_TEXT_OF_VALUE(macro)
#define PFN_TEXT_OF_VALUE(...) #__VA_ARGS__  // it may contain commas

#endif  // PFNBENCH_STRUCTURES_CORE_TEXT_H_
