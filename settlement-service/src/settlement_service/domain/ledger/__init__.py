"""Domain: a settlement's life: approval, entries, payments."""
