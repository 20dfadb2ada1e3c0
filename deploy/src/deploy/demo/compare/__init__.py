"""Deploy: what came out of a case beside what was expected of it."""
