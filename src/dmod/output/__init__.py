"""Output: what a run leaves behind, whole or not at all."""
