"""The tables and columns of version 2.2 of the hydrofabric, as its national file declares them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

_LAYERS = (1, 2, 3, 4)


@dataclass(frozen=True, slots=True)
class TableForm:
    """What a table looks like: its columns with their SQL types, and the type of its shapes, "" without."""

    columns: Mapping[str, str]
    geometry_type: str = ""


def _form(columns: str, geometry_type: str = "") -> TableForm:
    """Read ``name TYPE, name TYPE``."""
    pairs = (column.strip().rpartition(" ") for column in columns.split(","))
    return TableForm(MappingProxyType({name: kind for name, _, kind in pairs}), geometry_type)


def _layered(name: str) -> str:
    return ", ".join(f"{name}_soil_layers_stag={layer} REAL" for layer in _LAYERS)


_CHANNEL_ENDS = (
    "gage TEXT, gage_nex_id TEXT, WaterbodyID TEXT, waterbody_nex_id TEXT, id TEXT, toid TEXT, vpuid TEXT"
)

TABLES: Mapping[str, TableForm] = MappingProxyType(
    {
        "flowpaths": _form(
            "id TEXT, toid TEXT, mainstem REAL, order REAL, hydroseq MEDIUMINT, lengthkm REAL, areasqkm REAL,"
            "tot_drainage_areasqkm REAL, has_divide BOOLEAN, divide_id TEXT, poi_id TEXT, vpuid TEXT",
            "LINESTRING",
        ),
        "divides": _form(
            "divide_id TEXT, toid TEXT, type TEXT, ds_id REAL, areasqkm REAL, vpuid TEXT, id TEXT,"
            "lengthkm REAL, tot_drainage_areasqkm REAL, has_flowline BOOLEAN",
            "POLYGON",
        ),
        "lakes": _form(
            "lake_id REAL, LkArea REAL, LkMxE REAL, WeirC REAL, WeirL REAL, OrificeC REAL, OrificeA REAL,"
            "OrificeE REAL, WeirE REAL, ifd REAL, Dam_Length REAL, domain TEXT, poi_id MEDIUMINT, hf_id REAL,"
            "reservoir_index_AnA REAL, reservoir_index_Extended_AnA REAL, reservoir_index_GDL_AK REAL,"
            "reservoir_index_Medium_Range REAL, reservoir_index_Short_Range REAL, res_id TEXT, vpuid TEXT,"
            "lake_x REAL, lake_y REAL",
            "POINT",
        ),
        "nexus": _form("id TEXT, toid TEXT, type TEXT, vpuid TEXT, poi_id MEDIUMINT", "POINT"),
        "pois": _form("poi_id MEDIUMINT, id TEXT, nex_id TEXT, vpuid TEXT"),
        "hydrolocations": _form(
            "poi_id MEDIUMINT, id TEXT, nex_id TEXT, hf_id REAL, hl_link TEXT, hl_reference TEXT,"
            "hl_uri TEXT, hl_source TEXT, hl_x REAL, hl_y REAL, vpuid TEXT",
            "POINT",
        ),
        "flowpath-attributes": _form(
            "link TEXT, to TEXT, Length_m REAL, Y REAL, n REAL, nCC REAL, BtmWdth REAL, TopWdth REAL,"
            f"TopWdthCC REAL, ChSlp REAL, alt REAL, So REAL, MusX REAL, MusK REAL, {_CHANNEL_ENDS}"
        ),
        "flowpath-attributes-ml": _form(
            f"link TEXT, to TEXT, Length_m REAL, alt REAL, So REAL, MusX REAL, MusK REAL, {_CHANNEL_ENDS},"
            "n REAL, BtmWdth REAL, TopWdth REAL, ChSlp REAL, nCC REAL, TopWdthCC REAL, Y REAL, YCC REAL,"
            "dingman_r REAL"
        ),
        "network": _form(
            "id TEXT, toid TEXT, divide_id TEXT, ds_id REAL, mainstem REAL, hydroseq MEDIUMINT,"
            "hf_source TEXT, hf_id REAL, lengthkm REAL, areasqkm REAL, tot_drainage_areasqkm REAL, type TEXT,"
            "vpuid TEXT, hf_hydroseq REAL, hf_lengthkm REAL, hf_mainstem REAL, topo TEXT, poi_id MEDIUMINT,"
            "hl_uri TEXT"
        ),
        "divide-attributes": _form(
            f"divide_id TEXT, {_layered('mode.bexp')}, mode.ISLTYP REAL, mode.IVGTYP REAL,"
            f"{_layered('geom_mean.dksat')}, {_layered('geom_mean.psisat')}, mean.cwpvt REAL,"
            "mean.mfsno REAL, mean.mp REAL, mean.refkdt REAL, mean.slope_1km REAL,"
            f"{_layered('mean.smcmax')}, {_layered('mean.smcwlt')}, mean.vcmx25 REAL, mean.Coeff REAL,"
            "mean.Zmax REAL, mode.Expon REAL, centroid_x REAL, centroid_y REAL, mean.impervious REAL,"
            "mean.elevation REAL, mean.slope REAL, circ_mean.aspect REAL, dist_4.twi TEXT, vpuid TEXT"
        ),
    }
)
