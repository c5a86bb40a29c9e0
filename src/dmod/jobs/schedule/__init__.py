"""Which job goes next, and where: pure decisions, which can be explained."""
