"""Settings and wiring: the only place where implementations of the ports are chosen."""
