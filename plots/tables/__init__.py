# SPDX-License-Identifier: MIT
"""What is computed from results once, for every text, picture and page."""
