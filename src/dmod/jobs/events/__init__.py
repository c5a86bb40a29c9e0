"""Telling followers what happens: the store is the truth, and here is only who is to look again."""
