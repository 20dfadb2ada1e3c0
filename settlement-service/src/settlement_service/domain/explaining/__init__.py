"""Domain: why an amount is what it is, as a tree and in words."""
