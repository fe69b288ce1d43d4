# SPDX-License-Identifier: MIT
"""Results, profiles and counts that a run wrote, and their statistics."""
