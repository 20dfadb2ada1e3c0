"""Domain: what is left of amounts: conditions, caps, what is held back, who pays."""
