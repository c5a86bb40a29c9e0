"""Series of datasets as they are looked at: a window of a hydrograph, a map's values, a duration curve."""
