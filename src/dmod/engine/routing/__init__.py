"""Routing of flow through river channels and reservoirs."""
