"""What the steps of jobs do; each runs in a process of its own and may be run again."""
