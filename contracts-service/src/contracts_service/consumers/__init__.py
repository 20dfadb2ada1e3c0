"""Door: none for facts; the registry consumes nothing."""
