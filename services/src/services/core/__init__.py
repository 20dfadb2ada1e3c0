"""Core: pure values that more than one service speaks of; no framework, no clock, no I/O."""
