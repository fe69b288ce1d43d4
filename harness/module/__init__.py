# SPDX-License-Identifier: MIT
"""Measures sets of page frames inside a kernel; `./run kernel` is its command.

pfnbench.c   the module; its sets are the adapters of structures/linux
kernel.py    which kernel: its headers, its image, its configuration
build.py     the module, built against them
guest.py     the guest: initramfs and QEMU; init and play run in it
user_space.py  the same structures in user space
table.py     what a page costs inside the kernel and outside
"""
