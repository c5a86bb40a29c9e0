"""Values that every other room shares: time axis, units, variables, river network. No I/O."""
