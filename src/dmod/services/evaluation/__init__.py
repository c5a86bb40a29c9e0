"""Evaluations: where their values come from, what becomes of their scores."""
