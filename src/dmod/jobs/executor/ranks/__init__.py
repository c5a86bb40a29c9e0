"""Programs of many ranks (MPI) over the nodes that an attempt was given."""
