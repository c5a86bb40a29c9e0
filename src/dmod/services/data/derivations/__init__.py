"""The derivations: what the data service can make out of what it has, one way a module."""
