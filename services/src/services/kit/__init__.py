"""Kit: how every service does its I/O; no word of the domain stands here."""
