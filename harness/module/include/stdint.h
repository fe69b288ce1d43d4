/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/* What structures/plugin/pfnbench_plugin.h needs of it, inside a kernel. */
#include <linux/limits.h>
#include <linux/types.h>

#ifndef UINT64_MAX
#define UINT64_MAX U64_MAX
#endif
