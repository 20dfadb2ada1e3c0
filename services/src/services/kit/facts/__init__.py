"""Kit: facts on their way out and in: outbox and relay, consumer and inbox, what is parked, what an owner is asked."""
