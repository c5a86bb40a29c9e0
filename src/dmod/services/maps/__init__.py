"""Maps of hydrofabrics: vector tiles, what is upstream, what is found by name, values to colour by."""
