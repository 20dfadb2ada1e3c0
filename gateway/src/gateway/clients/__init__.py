"""Whom the gateway asks: the services behind it."""
