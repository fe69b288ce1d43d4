# SPDX-License-Identifier: MIT
"""The claims of the mailing list, judged by results of pfnbench."""
