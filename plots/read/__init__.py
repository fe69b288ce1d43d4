# SPDX-License-Identifier: MIT
"""What a run wrote: results, profiles, counts, and the statistics of their samples."""
