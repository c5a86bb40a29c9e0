"""Cut a hydrofabric into balanced parts for parallel runs, and read and write the framework's partition file.

partitioning = partition_fabric(fabric, 8)
print(partitioning.summary())
text = partition_text(fabric, partitioning)
"""

from dmod.hydrofabric.partition.checks import check_partitioning
from dmod.hydrofabric.partition.connections import Connections
from dmod.hydrofabric.partition.cutting import TOLERANCE, partition_fabric
from dmod.hydrofabric.partition.document import examine_partitions, partition_text, read_partitioning
from dmod.hydrofabric.partition.partitioning import Partitioning
from dmod.hydrofabric.partition.reading import read_network

__all__ = [
    "TOLERANCE",
    "Connections",
    "Partitioning",
    "check_partitioning",
    "examine_partitions",
    "partition_fabric",
    "partition_text",
    "read_network",
    "read_partitioning",
]
