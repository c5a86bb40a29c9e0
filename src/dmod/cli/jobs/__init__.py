"""Jobs of a server on the command line."""
