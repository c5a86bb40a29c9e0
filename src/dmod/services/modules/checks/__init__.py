"""What is checked of a module; each runs in a process that may be lost."""
