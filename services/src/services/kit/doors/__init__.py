"""Kit: HTTP: who asks, what is asked, how it is answered."""
