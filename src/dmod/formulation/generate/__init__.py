"""Module configurations and documents of a run, made from a hydrofabric's attributes."""
