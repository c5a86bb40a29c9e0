"""The executor of this machine: attempts as processes, each with another one that looks after it."""
