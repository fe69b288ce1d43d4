# SPDX-License-Identifier: MIT
"""The two ways in which recording ends without a trace."""

from __future__ import annotations


class BadInput(Exception):
    """What was asked for cannot be: exit status 2, nothing was started."""


class RecordingFailed(Exception):
    """The guest, or QEMU, did not do what it should: exit status 1."""
