"""Core: how few people a number may stand for that is shown to anyone (domain.md, section 6)."""

FEWEST = 5
"""Counts of people under this are shown only to those whose work is with the people counted."""
