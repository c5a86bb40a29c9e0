"""What a file or folder is: its format, and what it covers, found out from its content."""

from dmod.services.data.detect.chain import formulation_chain
from dmod.services.data.detect.detected import Detected
from dmod.services.data.detect.detecting import detect
from dmod.services.data.detect.identity import hydrofabric_identity

__all__ = ["Detected", "detect", "formulation_chain", "hydrofabric_identity"]
