"""The engine: equations, modules, routing, and the loop over catchments and time."""
