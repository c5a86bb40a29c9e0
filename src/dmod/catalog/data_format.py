"""Formats of data: how the files of a dataset are to be read, and what its domain can restrict.

The formats 0 to 18 with their indices are those of DMOD's ``DataFormat``; those from 100 on are dmod's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from dmod.catalog.category import Category
from dmod.errors import InputError


class DomainIndex(StrEnum):
    """A dimension of a domain; those up to HYDROFABRIC_DATA_ID are DMOD's ``StandardDatasetIndex``."""

    UNKNOWN = "UNKNOWN"
    TIME = "TIME"
    CATCHMENT_ID = "CATCHMENT_ID"
    DATA_ID = "DATA_ID"
    HYDROFABRIC_ID = "HYDROFABRIC_ID"
    LENGTH = "LENGTH"
    GLOBAL_CHECKSUM = "GLOBAL_CHECKSUM"
    ELEMENT_ID = "ELEMENT_ID"
    REALIZATION_CONFIG_DATA_ID = "REALIZATION_CONFIG_DATA_ID"
    FILE_NAME = "FILE_NAME"
    COMPOSITE_SOURCE_ID = "COMPOSITE_SOURCE_ID"
    HYDROFABRIC_VERSION = "HYDROFABRIC_VERSION"
    HYDROFABRIC_REGION = "HYDROFABRIC_REGION"
    HYDROFABRIC_DATA_ID = "HYDROFABRIC_DATA_ID"
    VARIABLE = "VARIABLE"
    FORMULATION = "FORMULATION"
    GAGE_ID = "GAGE_ID"
    FLOWPATH_ID = "FLOWPATH_ID"

    @classmethod
    def named(cls, text: str) -> DomainIndex:
        """Return the index of a name in any case, with ``-`` for ``_``.

        Raises
        ------
        InputError
            there is no such index.
        """
        try:
            return cls(text.strip().upper().replace("-", "_"))
        except ValueError as error:
            raise InputError(
                f"{text!r} is no index of a domain", hint="allowed: " + ", ".join(item.value for item in cls)
            ) from error


@dataclass(frozen=True, slots=True)
class DataFormat:
    """How the files of a dataset are to be read, and what its domain can restrict.

    Parameters
    ----------
    name, id : as DMOD has them; ids from 100 on are dmod's own
    categories : what such data are for, the usual one first; empty where anything goes
    indices : what a domain of this format restricts in DMOD, with the field of the file that holds it
    more : what dmod adds to them
    family : formats of one family hold the same, can stand in for each other, and have the same indices;
        "" for none
    divides : indices along which several datasets can make up a whole
    title : what it is, for people
    """

    name: str
    id: int
    categories: tuple[Category, ...]
    indices: Mapping[DomainIndex, str] = field(default_factory=dict)
    more: frozenset[DomainIndex] = frozenset()
    family: str = ""
    divides: frozenset[DomainIndex] = frozenset()
    title: str = ""

    def __str__(self) -> str:
        return self.name

    def __hash__(self) -> int:
        return hash(self.name)

    @property
    def allowed(self) -> frozenset[DomainIndex]:
        """Every index that a domain of this format may restrict."""
        return frozenset(self.indices) | self.more | {DomainIndex.DATA_ID}

    @property
    def is_unrestricted(self) -> bool:
        """Whether a domain of this format needs no restriction (DMOD's EMPTY and GENERIC)."""
        return self.name in {"EMPTY", "GENERIC"}

    def stands_in_for(self, wanted: DataFormat) -> bool:
        """Whether data of this format can be used where ``wanted`` is asked for."""
        return self == wanted or (self.family != "" and self.family == wanted.family)


_I = DomainIndex
_C = Category
_PLACES = frozenset({_I.CATCHMENT_ID, _I.TIME})
_OUTPUT = {_I.CATCHMENT_ID: "", _I.TIME: "", _I.DATA_ID: ""}


def _format(
    name: str,
    number: int,
    title: str,
    category: Category | tuple[Category, ...],
    indices: dict[DomainIndex, str],
    more: tuple[DomainIndex, ...] = (),
    *,
    family: str = "",
    divides: frozenset[DomainIndex] = frozenset(),
) -> DataFormat:
    categories = category if isinstance(category, tuple) else (category,)
    return DataFormat(
        name, number, categories, MappingProxyType(indices), frozenset(more), family, divides, title
    )


_FORCING_MORE = (_I.VARIABLE, _I.HYDROFABRIC_ID)
_PACKAGE_MORE = (_I.FORMULATION, _I.VARIABLE, _I.HYDROFABRIC_REGION, _I.HYDROFABRIC_VERSION)
_ANY = tuple(_C)

_ALL = (
    _format(
        "AORC_CSV", 0, "forcing, one CSV file per catchment", _C.FORCING,
        {_I.CATCHMENT_ID: "", _I.TIME: "Time"}, _FORCING_MORE, family="forcing", divides=_PLACES,
    ),
    _format(
        "NETCDF_FORCING_CANONICAL", 1, "forcing as NetCDF with a time coordinate", _C.FORCING,
        {_I.CATCHMENT_ID: "", _I.TIME: "time"}, _FORCING_MORE, family="forcing", divides=_PLACES,
    ),
    _format(
        "NETCDF_AORC_DEFAULT", 2, "forcing as NetCDF in the framework's layout (ids, Time)", _C.FORCING,
        {_I.CATCHMENT_ID: "ids", _I.TIME: "Time"}, _FORCING_MORE, family="forcing", divides=_PLACES,
    ),
    _format(
        "NGEN_CSV_OUTPUT", 3, "the framework's output, CSV per catchment and nexus", _C.OUTPUT,
        _OUTPUT, (_I.VARIABLE,), family="ngen-csv-output", divides=_PLACES,
    ),
    _format(
        "NGEN_REALIZATION_CONFIG", 4, "realization document", _C.CONFIG, _OUTPUT,
        (_I.FORMULATION, _I.HYDROFABRIC_ID),
    ),
    _format(
        "NGEN_GEOJSON_HYDROFABRIC", 5, "hydrofabric as GeoJSON: catchments and nexuses", _C.HYDROFABRIC,
        {_I.CATCHMENT_ID: "id", _I.HYDROFABRIC_ID: "", _I.DATA_ID: ""},
        (_I.HYDROFABRIC_REGION, _I.HYDROFABRIC_VERSION, _I.GAGE_ID), family="hydrofabric",
    ),
    _format(
        "NGEN_PARTITION_CONFIG", 6, "partitions of a hydrofabric for parallel runs",
        (_C.PARTITION, _C.CONFIG), {_I.DATA_ID: "", _I.HYDROFABRIC_ID: "", _I.LENGTH: ""}, (_I.CATCHMENT_ID,),
    ),
    _format(
        "BMI_CONFIG", 7, "configuration files of modules", _C.CONFIG,
        {
            _I.GLOBAL_CHECKSUM: "", _I.DATA_ID: "", _I.HYDROFABRIC_DATA_ID: "",
            _I.REALIZATION_CONFIG_DATA_ID: "",
        },
        (_I.FORMULATION, _I.CATCHMENT_ID, _I.HYDROFABRIC_ID), divides=frozenset({_I.CATCHMENT_ID}),
    ),
    _format(
        "NWM_OUTPUT", 8, "output of the National Water Model", _C.OUTPUT,
        {_I.CATCHMENT_ID: "", _I.TIME: "Time", _I.DATA_ID: ""}, (_I.VARIABLE,), divides=_PLACES,
    ),
    _format(
        "NWM_CONFIG", 9, "configuration of the National Water Model", _C.CONFIG,
        {_I.ELEMENT_ID: "", _I.TIME: "", _I.DATA_ID: ""},
    ),
    _format(
        "NGEN_CAL_OUTPUT", 10, "output of a calibration", _C.OUTPUT, _OUTPUT, (_I.VARIABLE,),
    ),
    _format(
        "NGEN_CAL_CONFIG", 11, "configuration of a calibration", _C.CONFIG,
        {_I.DATA_ID: "", _I.TIME: "", _I.REALIZATION_CONFIG_DATA_ID: "", _I.HYDROFABRIC_ID: ""},
    ),
    _format(
        "NGEN_JOB_COMPOSITE_CONFIG", 12, "everything that a job reads, as a run package", _C.CONFIG,
        {
            _I.HYDROFABRIC_ID: "", _I.CATCHMENT_ID: "", _I.TIME: "", _I.DATA_ID: "", _I.FILE_NAME: "",
            _I.COMPOSITE_SOURCE_ID: "",
        },
        _PACKAGE_MORE,
    ),
    _format(
        "T_ROUTE_CONFIG", 13, "routing configuration (t-route)", _C.CONFIG,
        {_I.DATA_ID: "", _I.HYDROFABRIC_ID: ""}, (_I.TIME, _I.CATCHMENT_ID),
    ),
    _format(
        "NGEN_GEOPACKAGE_HYDROFABRIC_V2", 14, "hydrofabric as GeoPackage, version 2", _C.HYDROFABRIC,
        {
            _I.CATCHMENT_ID: "divide_id", _I.HYDROFABRIC_ID: "", _I.HYDROFABRIC_REGION: "",
            _I.HYDROFABRIC_VERSION: "",
        },
        (_I.GAGE_ID,), family="hydrofabric",
    ),
    _format("EMPTY", 15, "nothing yet", _ANY, {}),
    _format("GENERIC", 16, "files of any kind", _ANY, {}),
    _format(
        "ARCHIVED_NGEN_CSV_OUTPUT", 17, "the framework's CSV output in an archive", _C.OUTPUT,
        _OUTPUT, (_I.VARIABLE,), family="ngen-csv-output", divides=_PLACES,
    ),
    _format(
        "NGEN_NETCDF_OUTPUT", 18, "output per catchment as NetCDF", _C.OUTPUT,
        _OUTPUT, (_I.VARIABLE, _I.HYDROFABRIC_ID), divides=_PLACES,
    ),
    _format(
        "ZARR_FORCING", 100, "forcing of catchments as Zarr", _C.FORCING,
        {_I.CATCHMENT_ID: "ids", _I.TIME: "time"}, _FORCING_MORE, family="forcing", divides=_PLACES,
    ),
    _format(
        "FORCING_GRID", 101, "forcing on a grid (AORC, NWM, CF), NetCDF or Zarr", _C.FORCING,
        {_I.TIME: "time", _I.VARIABLE: ""}, divides=frozenset({_I.TIME}),
    ),
    _format(
        "ROUTED_NETCDF_OUTPUT", 102, "routed flow per flowpath as NetCDF", _C.OUTPUT,
        {_I.FLOWPATH_ID: "feature_id", _I.TIME: "time", _I.VARIABLE: "", _I.DATA_ID: ""},
        (_I.HYDROFABRIC_ID,), divides=frozenset({_I.FLOWPATH_ID, _I.TIME}),
    ),
    _format(
        "OBSERVATION_CSV", 103, "observed series of gauges as CSV", _C.OBSERVATION,
        {_I.GAGE_ID: "", _I.TIME: "", _I.VARIABLE: ""}, divides=frozenset({_I.GAGE_ID, _I.TIME}),
    ),
    _format(
        "DMOD_RUN_OUTPUT", 104, "all results of a run: outputs, metadata, report", _C.OUTPUT,
        {_I.CATCHMENT_ID: "", _I.TIME: "", _I.DATA_ID: ""},
        (_I.VARIABLE, _I.FORMULATION, _I.HYDROFABRIC_ID),
    ),
    _format(
        "MODEL_STATE", 105, "states of modules and routing at one time", _C.STATE,
        {_I.CATCHMENT_ID: "", _I.TIME: ""}, (_I.FORMULATION, _I.HYDROFABRIC_ID),
    ),
    _format(
        "EVALUATION_RESULT", 106, "scores of simulated against observed series", _C.EVALUATION,
        {_I.GAGE_ID: "", _I.TIME: "", _I.DATA_ID: ""}, (_I.VARIABLE,),
    ),
)  # fmt: skip

FORMATS: Mapping[str, DataFormat] = MappingProxyType({item.name: item for item in _ALL})
"""Every format by name."""


def find_format(text: str) -> DataFormat:
    """Return the format of a name in any case, with ``-`` for ``_``.

    Raises
    ------
    InputError
        there is no such format.
    """
    found = FORMATS.get(text.strip().upper().replace("-", "_"))
    if found is None:
        raise InputError(f"{text!r} is no data format", hint="allowed: " + ", ".join(FORMATS))
    return found
