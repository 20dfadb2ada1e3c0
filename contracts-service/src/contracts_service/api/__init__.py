"""Door: the registry over HTTP."""
