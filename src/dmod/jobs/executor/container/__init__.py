"""What executors over containers have in common: Docker's client, and how what is theirs is told from all else."""
