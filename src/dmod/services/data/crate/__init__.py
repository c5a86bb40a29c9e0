"""Datasets as RO-Crates: packages that say, in words that others read, what they hold and how it was made."""

from dmod.services.data.crate.exporting import Exported, export_crate
from dmod.services.data.crate.importing import import_crate
from dmod.services.data.crate.publication import NOT_STATED, Party, Publication

__all__ = ["NOT_STATED", "Exported", "Party", "Publication", "export_crate", "import_crate"]
