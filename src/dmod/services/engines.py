"""What may compute the catchments of a run."""

from __future__ import annotations

NATIVE, BMI, NGEN = "native", "bmi", "ngen"
ENGINES = (NATIVE, BMI, NGEN)
"""dmod's own modules; these with modules of others; the C++ framework."""
