"""Jobs: what was asked for, the steps that do it, where they run, and how far they are."""
