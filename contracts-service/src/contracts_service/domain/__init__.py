"""Domain: what a contract is, what may become of it, and which bytes are signed."""
