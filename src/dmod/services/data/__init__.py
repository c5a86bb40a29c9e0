"""Datasets as services: what a file is, how data are made, kept and found."""
