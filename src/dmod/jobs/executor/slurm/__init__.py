"""Attempts as jobs of a cluster that Slurm manages."""
