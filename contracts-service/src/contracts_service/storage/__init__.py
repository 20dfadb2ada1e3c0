"""Storage: the registry's tables."""
