"""Deploy: a case played through the gateway: the suite, the clients of the parties, and the steps."""
