"""Cut a part out of a hydrofabric: an index beside the fabric, a walk up the network, rows copied by number.

    index = open_index(Path("conus.gpkg"))
    selection = select(index, Region(places=("gage-10109001",)), print)
    write_subset(index, selection.nodes, Path("logan.gpkg"), record={})

Shapes, projections and GIS libraries are needed for places and areas alone, not for ids.
"""

from dmod.hydrofabric.subset.domain import DOMAINS
from dmod.hydrofabric.subset.finding import find_place
from dmod.hydrofabric.subset.from_geojson import as_geopackage
from dmod.hydrofabric.subset.index import FabricIndex
from dmod.hydrofabric.subset.keeping import index_places, open_index
from dmod.hydrofabric.subset.near import near_names
from dmod.hydrofabric.subset.region import RULES, Place, Region
from dmod.hydrofabric.subset.registering import read_record
from dmod.hydrofabric.subset.selection import Selection, select
from dmod.hydrofabric.subset.writing import require_place, rows_of, write_subset

__all__ = [
    "DOMAINS",
    "RULES",
    "FabricIndex",
    "Place",
    "Region",
    "Selection",
    "as_geopackage",
    "find_place",
    "index_places",
    "near_names",
    "open_index",
    "read_record",
    "require_place",
    "rows_of",
    "select",
    "write_subset",
]
