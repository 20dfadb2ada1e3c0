"""Domain: what terms would pay for hypothetical outcomes, by the engine that real ones are paid by."""
