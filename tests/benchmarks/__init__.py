"""Benchmarks: each row runs both sides in one run and prints one line; nothing here passes or fails."""
