/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/* What structures/plugin/pfnbench_plugin.h needs of it, inside a kernel. */
#include <linux/stddef.h>
#include <linux/types.h>
