# SPDX-License-Identifier: MIT
"""How each claim of the thread is judged by the results of experiments.

Every figure on the page is looked up here; the bound of a verdict stands
beside what it judges.
"""
