# SPDX-License-Identifier: MIT
"""Records the balloon of a real Linux guest; `./run record` is its command.

scenario.py      what a guest is, what runs in it, what the host asks for
guest_kernel.py  Debian's kernel package, unpacked and not installed
guest_image.py   the initramfs: busybox, modules, loads (cpio.py writes it)
machine.py       QEMU, and qmp.py, the conversation with it
recording.py     plays a scenario and has pfntrace import what QEMU logged
compare.py       holds a trace to another one's figures
"""
