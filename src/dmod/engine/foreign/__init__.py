"""Modules that others wrote, in C, C++, Fortran and Python, spoken to by the Basic Model Interface."""
