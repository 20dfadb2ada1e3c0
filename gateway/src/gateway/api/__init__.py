"""Door for everybody: the proxy and the few addresses that the gateway answers itself."""
