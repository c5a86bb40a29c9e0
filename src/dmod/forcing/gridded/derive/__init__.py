"""From a gridded source to the forcing of catchments: in pieces that are kept, then put together."""
