"""Kit: what every process has: settings, a clock, dice, logs, a watchdog."""
