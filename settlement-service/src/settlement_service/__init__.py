"""Settlement: who owes whom how much, and why."""
