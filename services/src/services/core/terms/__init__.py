"""Core: the terms of a contract as data: what is measured, what is paid for it, up to which limits."""
