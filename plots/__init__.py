# SPDX-License-Identifier: MIT
"""Tables and pictures from the results of pfnbench.

Reads results.json and nothing else: no module here measures anything.
"""
