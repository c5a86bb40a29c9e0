"""Attempts as services of a Docker swarm."""
