"""Use cases: one file per verb: load, decide, save, tell."""
