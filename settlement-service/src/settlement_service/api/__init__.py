"""Door: settlements over HTTP."""
