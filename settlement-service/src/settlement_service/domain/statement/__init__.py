"""Domain: what a settlement says, and to whom."""
