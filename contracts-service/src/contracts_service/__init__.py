"""The registry: what was agreed, between whom, from when."""
