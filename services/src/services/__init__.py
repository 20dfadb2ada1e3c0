"""What all Enzym services share: core (values), events (the published language), kit (I/O)."""
