# SPDX-License-Identifier: MIT
"""Plain text, 72 columns: report, mail, comparison, export."""
