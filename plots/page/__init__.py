# SPDX-License-Identifier: MIT
"""The web page."""
