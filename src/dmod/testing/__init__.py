"""Named builders of small cases and reports, shipped for tests of plug-ins."""
