# SPDX-License-Identifier: MIT
"""How each claim is judged by the results of experiments.

A judge looks up every figure, and has the bound of its verdict. The words
around the figures stand in claims.toml.
"""
