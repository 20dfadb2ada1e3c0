"""Domain: from verified outcomes to amounts, and from amounts to the ledger. Pure: no clock, no dice, no I/O."""
