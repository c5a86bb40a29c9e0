"""What executors over containers have in common: Docker's client, and how they tell what is theirs."""
