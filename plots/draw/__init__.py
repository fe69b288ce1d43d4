# SPDX-License-Identifier: MIT
"""Pictures."""
