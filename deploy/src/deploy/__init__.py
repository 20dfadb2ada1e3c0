"""Deploy: how Enzym is run on one machine: the launcher, the token issuer for development, Kafka, the demo."""
