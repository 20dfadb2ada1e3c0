"""Clients: the registry, and the owners of the facts that money rests on."""
