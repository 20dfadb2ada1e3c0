"""Storage: the service's tables, one module a noun."""
