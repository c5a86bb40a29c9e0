"""OGC API – Processes – Part 1: Core (18-062r2, version 1.0.0) over the job service."""
