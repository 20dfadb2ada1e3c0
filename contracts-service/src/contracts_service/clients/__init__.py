"""Clients: none; the registry asks no other service."""
