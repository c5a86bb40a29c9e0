"""The engine for chains with modules that others wrote: each in processes of its own, which may be lost."""
