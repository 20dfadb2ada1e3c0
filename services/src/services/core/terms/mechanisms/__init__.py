"""Core: payment mechanisms: one module a mechanism."""
