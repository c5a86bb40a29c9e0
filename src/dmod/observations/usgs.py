"""The USGS Water Data APIs, through the agency's own client (dataretrieval, module ``waterdata``).

The client pages, retries what can pass (server errors, broken connections, a short rate limit) and sends the
key of ``API_USGS_PAT`` to the agency's host alone. Values are taken as the text that was sent, so that none
is lost where it is no number. Continuous values are fetched in windows that fit one page: the service refuses
more than three years at once, and a window that fails is fetched again alone.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from dmod.errors import InputError, NotFoundError, StoreError
from dmod.observations.choose import Wanted
from dmod.observations.column import Column, merged
from dmod.observations.features import PROPERTIES, Site, read_site, read_values
from dmod.observations.series import MOMENT

if TYPE_CHECKING:
    from dataretrieval.exceptions import DataRetrievalError

SERVICE = "https://api.waterdata.usgs.gov"
KEY = "API_USGS_PAT"
SIGN_UP = "https://api.waterdata.usgs.gov/signup/"
WINDOW = timedelta(days=104)
"""A page of 10 000 values of 15 minutes."""
ATTEMPTS = 3
LICENCE = "public domain (United States Government work); provisional data are subject to revision"

# what the client logs (a library it could use is missing, a page failed) is told by our errors where it
# matters; who configures logging still gets it
logging.getLogger("dataretrieval").addHandler(logging.NullHandler())

Progress = Callable[[str], None]
Rows = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Reply:
    """What the service said.

    Parameters
    ----------
    columns : series as text
    requests : addresses that were asked, without any key
    """

    columns: list[Column]
    site: Site
    requests: tuple[str, ...]


def fetch(wanted: Wanted, *, service: str = "", progress: Progress | None = None) -> Reply:
    """Ask the service for a gauge and its values.

    Parameters
    ----------
    service : root of another service of the same kind, such as a mirror; the agency's own if not given

    Raises
    ------
    NotFoundError
        the service does not know the gauge.
    StoreError
        the service cannot be reached, refuses, or replies something else; retryable where waiting can help.
    InputError
        the period is not given, or the client's own configuration is wrong.
    """
    if wanted.start is None or wanted.end is None:
        raise InputError(
            "observations from the USGS need a period",
            hint="give --start and --end (YYYY-MM-DD), both included",
        )
    say = progress or (lambda _: None)
    address = (service or SERVICE).rstrip("/")
    with _client(address, wanted.gage):
        say("gauge")
        site, requests = _site(wanted.gage, address)
        columns = []
        for number, (title, period) in enumerate(_periods(wanted), 1):
            say(f"values {title}")
            rows, request = _values(wanted, period)
            requests.append(request)
            columns += read_values(_whole(rows, address), f"{address}, reply {number}")
    for column in columns:
        column.name, column.zone = site.name, site.zone
    return Reply(merged(columns), site, tuple(requests))


def available(wanted: Wanted, *, service: str = "") -> str:
    """Return which series of the parameter the service has, in words; "" if none.

    Raises
    ------
    StoreError
        the service cannot be reached or refuses.
    """
    from dataretrieval import waterdata

    properties = ["statistic_id", "computation_period_identifier", "begin", "end"]
    with _client((service or SERVICE).rstrip("/"), wanted.gage):
        rows, _ = _call(
            lambda: waterdata.get_time_series_metadata(
                monitoring_location_id=f"USGS-{wanted.gage}",
                parameter_code=wanted.parameter,
                properties=properties,
                skip_geometry=True,
                convert_type=False,
            )
        )
    return "; ".join(
        f"{_sort_of_values(row)} from {str(row.get('begin'))[:10]} to {str(row.get('end'))[:10]}"
        for row in rows
    )


def _sort_of_values(row: Mapping[str, Any]) -> str:
    statistic = str(row.get("statistic_id"))
    return "instantaneous values" if statistic == MOMENT else f"daily values of statistic {statistic}"


def _site(gage: str, address: str) -> tuple[Site, list[str]]:
    from dataretrieval import waterdata

    rows, request = _call(
        lambda: waterdata.get_monitoring_locations(
            monitoring_location_id=f"USGS-{gage}",
            properties=[
                *("monitoring_location_number", "monitoring_location_name"),
                *("time_zone_abbreviation", "uses_daylight_savings"),
            ],
            skip_geometry=True,
            convert_type=False,
        )
    )
    if not rows:
        short = gage.lstrip("0")
        hint = "look it up at https://waterdata.usgs.gov; zeros in front belong to the number"
        if gage != short and len(short) >= 8:
            hint = f"did you mean {short}?"
        raise NotFoundError(f"{address} does not know gauge USGS-{gage}", hint=hint)
    return read_site(rows[0]), [request]


def _periods(wanted: Wanted) -> Iterator[tuple[str, str]]:
    """Yield the windows to ask for, as the user sees them and as the service wants them."""
    start, end = wanted.start or datetime.min, wanted.end or datetime.max
    if wanted.kind == "daily":
        yield f"{start:%Y-%m-%d} to {end:%Y-%m-%d}", f"{start:%Y-%m-%d}/{end:%Y-%m-%d}"
        return
    while start <= end:
        last = min(start + WINDOW - timedelta(seconds=1), end)
        yield (
            f"{start:%Y-%m-%d} to {last:%Y-%m-%d}",
            f"{start.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}/{last.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        )
        start = last + timedelta(seconds=1)


def _values(wanted: Wanted, period: str) -> tuple[Rows, str]:
    from dataretrieval import waterdata

    asked: dict[str, Any] = {
        "monitoring_location_id": f"USGS-{wanted.gage}",
        "parameter_code": wanted.parameter,
        "time": period,
        "properties": list(PROPERTIES),
        "convert_type": False,
    }
    if wanted.kind == "daily":
        asked |= {"statistic_id": wanted.statistic, "skip_geometry": True}
        return _call(lambda: waterdata.get_daily(**asked))
    return _call(lambda: waterdata.get_continuous(**asked))


def _call(ask: Callable[[], tuple[Any, Any]]) -> tuple[Rows, str]:
    """Call a getter, and go on where a walk over pages broke; return rows and the address asked."""
    from dataretrieval.exceptions import NetworkError, TransientError
    from dataretrieval.interruptions import FanOutInterrupted

    for attempt in range(ATTEMPTS):
        try:
            frame, about = ask()
            break
        except FanOutInterrupted as error:
            # the client itself has tried a first page again and again, but not one that follows it
            tried = isinstance(error.__cause__, TransientError | NetworkError)
            if tried or error.status_code in (None, 429) or error.call is None or attempt == ATTEMPTS - 1:
                raise
            ask = error.call.resume
    return frame.to_dict("records"), about.url


def _whole(rows: Rows, address: str) -> Rows:
    lacking = {"time", "value"} - set(rows[0]) if rows else set()
    if lacking:
        raise StoreError(
            f"{address} replied values without {' and '.join(sorted(lacking))}",
            hint="the service has changed or is another one; check its address",
        )
    return rows


@contextmanager
def _client(address: str, gage: str) -> Iterator[None]:
    """Set the client up for one service, and translate what it raises.

    Raises
    ------
    StoreError, NotFoundError, InputError
        see `fetch`.
    """
    from dataretrieval import Configuration, configure
    from dataretrieval.exceptions import ConfigurationError, DataRetrievalError
    from dataretrieval.waterdata import WaterdataConfiguration

    try:
        with configure(Configuration(progress=False), WaterdataConfiguration(base_url=address)):
            yield
    except ConfigurationError as error:
        raise InputError(
            f"the configuration of dataretrieval is wrong: {error}",
            hint="give a service as http(s)://…, and look at ~/.dataretrieval/config.toml and API_USGS_*",
        ) from error
    except DataRetrievalError as error:
        raise _translated(error, address, gage) from error


def _translated(error: DataRetrievalError, address: str, gage: str) -> StoreError:
    from dataretrieval.exceptions import NetworkError

    status, wait = error.status_code, error.retry_after
    about = f"gauge {gage}"
    if status == 429:
        after = f" again after {wait:.0f} s" if wait else " again later"
        return StoreError(
            f"{address} refused {about}: too many requests (429)",
            hint=f"try{after}; with a key in {KEY} the limit is much higher (free: {SIGN_UP})",
            retryable=True,
        )
    if status in (401, 403):
        return StoreError(
            f"{address} refused {about} ({status})",
            hint=f"the key in {KEY} is wrong or expired, or the request is too large",
        )
    if status is not None:
        return StoreError(
            f"{address} failed for {about} ({status}): {_reason(error)}",
            hint="try again later" if status >= 500 else "check gauge, parameter and period",
            retryable=status >= 500,
        )
    if isinstance(error, NetworkError) or _is_interrupted(error):
        return StoreError(
            f"{address} cannot be reached: {_reason(error)}",
            hint="check the network, try again, or read a file instead (--source FILE)",
            retryable=True,
        )
    return StoreError(
        f"{address} replied something that is not its data for {about}: {_reason(error)}",
        hint="try again later; the service may be under maintenance",
        retryable=True,
    )


def _is_interrupted(error: BaseException) -> bool:
    from dataretrieval.interruptions import FanOutInterrupted

    return isinstance(error, FanOutInterrupted)


def _reason(error: BaseException) -> str:
    """Return what the innermost cause says, on one line."""
    while error.__cause__ is not None:
        error = error.__cause__
    text = " ".join(str(error).split()) or type(error).__name__
    return text.partition(" (URL:")[0][:300]


def citation(accessed: datetime) -> Mapping[str, str]:
    """Return licence and citation of the agency's data (usgs.gov: copyrights and credits)."""
    return {
        "licence": LICENCE,
        "citation": "U.S. Geological Survey, National Water Information System: USGS Water Data for the "
        f"Nation, accessed {accessed:%Y-%m-%d}, https://doi.org/10.5066/F7P55KJN",
    }
