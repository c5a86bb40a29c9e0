"""``dmod data``: the command line of the data service."""
