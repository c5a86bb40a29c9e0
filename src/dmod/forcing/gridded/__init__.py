"""Gridded forcing to catchment means: grids, stores, exact cell coverage, and its application in blocks."""
