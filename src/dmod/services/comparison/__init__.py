"""Runs side by side: what they have in common, and how far they lie apart."""
