"""Deploy: the launcher of `make run` and `make run-kafka`: everything on one machine, until Ctrl-C."""
