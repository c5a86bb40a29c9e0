"""Attempts as containers of one Docker engine."""
