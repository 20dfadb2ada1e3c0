"""Clients: the services that more than one service asks, each asked in one way."""
