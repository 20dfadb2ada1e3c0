"""Door of the suite: the proxy, and the routes of the gateway's own."""
