"""Core: faults that may stand anywhere in terms, each found in one place: amounts, measures, conditions, days."""
