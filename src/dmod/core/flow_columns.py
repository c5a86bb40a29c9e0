"""How tables of streamflow name their columns, state their units and write "no value"."""

from __future__ import annotations

import re

TIME_NAMES = ("time", "datetime", "date_time", "value_time", "timestamp", "date", "valid_time", "time_utc")
FLOW_NAMES = ("flow", "streamflow", "discharge", "qobs", "q_obs", "observed", "obs", "value", "q")
UNIT_COLUMNS = ("unit", "units", "measurement_unit", "unit_of_measure")
UNIT_SUFFIXES = ("cfs", "cms", "ft3_s", "ft3s", "m3_s", "m3s", "ft3/s", "m3/s")
SITE_COLUMNS = (
    *("site", "site_no", "site_id", "site_number", "gage_id", "gauge_id"),  # a column "gage" may hold heights
    *("station", "station_id", "monitoring_location_id", "monitoring_location_number", "usgs_site_code"),
)
PARAMETER_COLUMNS = ("parameter", "parameter_code", "parameter_cd")
STATISTIC_COLUMNS = ("statistic", "statistic_id", "statistic_code", "stat_cd")
APPROVAL_COLUMNS = ("approval", "approval_status")
CODE_COLUMNS = (
    *("qualifiers", "qualifier", "quality", "quality_code", "quality_flag", "code", "codes", "flag", "flags"),
    *("qc", "qc_flag", "value_cd", "flow_cd", "discharge_cd"),
)
BESIDE_THE_FLOW = frozenset(
    {
        *("agency_cd", "tz_cd", "name", "station_name", "series", "time_series_id"),
        *TIME_NAMES,
        *UNIT_COLUMNS,
        *SITE_COLUMNS,
        *PARAMETER_COLUMNS,
        *STATISTIC_COLUMNS,
        *APPROVAL_COLUMNS,
        *CODE_COLUMNS,
    }
)
# No gauge reports these as flow; agencies write them for "no value".
MISSING_CODES = (-999.0, -9999.0, -99999.0, -999999.0)
# What the USGS writes instead of a number: seasonal, ice, partial record, rating in work, not determined,
# equipment, flood damage, dry, discontinued, backwater, maintenance, temporarily not available.
WORDS_FOR_MISSING = frozenset(
    {
        *("", "nan", "na", "n/a", "none", "null", "-", "--", "---", "***"),
        *("ssn", "ice", "pr", "rat", "nd", "eqp", "fld", "dry", "dis", "bkw", "mnt"),
    }
)


def bare_name(name: str) -> str:
    """Return a column's name without its unit: ``Flow [cfs]`` and ``flow_cfs`` are ``flow``."""
    bare = re.sub(r"\s*[\[(].*", "", name).strip().lower().replace(" ", "_")
    for suffix in UNIT_SUFFIXES:
        bare = bare.removesuffix("_" + suffix)
    return bare


def unit_in_name(name: str) -> str | None:
    """Return the unit that a column's name states: ``flow[ft3/s]``, ``flow (m3/s)``, ``flow_cfs``."""
    bracket = re.search(r"[\[(]\s*([^\])]+?)\s*[\])]", name)
    if bracket:
        return bracket[1]
    lower = name.lower().replace(" ", "_")
    return next((s for s in UNIT_SUFFIXES if lower == s or lower.endswith("_" + s)), None)
