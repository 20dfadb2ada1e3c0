"""Deploy: what the demo prints."""
