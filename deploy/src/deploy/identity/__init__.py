"""Deploy: the token issuer for development: gives anybody a token of any persona."""
