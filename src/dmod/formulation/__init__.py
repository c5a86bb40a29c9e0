"""Realization documents: which modules each catchment runs, with what forcing, over what period."""
