"""Deploy: what a case is: its file, its checks, and the participants and claims that follow from it."""
