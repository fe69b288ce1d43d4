# SPDX-License-Identifier: MIT
"""Tables and pictures from the results of pfnbench; nothing here measures."""
