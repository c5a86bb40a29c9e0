"""Attempts on an engine: a container engine, or the queue of a cluster."""
