# SPDX-License-Identifier: MIT
"""Every figure of results.json computed once, as tables and words."""
