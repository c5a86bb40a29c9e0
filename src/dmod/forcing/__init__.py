"""Forcing: read it from the framework's layouts, check it, fill it on request, write it."""
