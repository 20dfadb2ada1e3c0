"""Deploy: the token issuer for development: hands out tokens of made-up persons to whoever asks."""
