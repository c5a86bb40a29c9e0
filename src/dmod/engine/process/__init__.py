"""Process equations as pure scalar functions, one process a file."""
