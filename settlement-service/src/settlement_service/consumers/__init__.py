"""Door: facts of other services."""
