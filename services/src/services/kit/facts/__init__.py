"""Kit: what is known: claims, enrolments, what was posted, and the log that all of it stands in."""
