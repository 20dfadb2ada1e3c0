"""Door: what a person types in a shell."""
