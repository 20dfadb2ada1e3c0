"""Kit: the pytest plugin of every service: a real PostgreSQL, fresh databases, callers, and the app over ASGI."""
