"""Domain: what each kind of payment rule gives for what was achieved."""
