"""Use cases: what organisations do with the registry, one verb a file."""
