"""A small service on this machine in the shape of the USGS Water Data APIs, to test and to try things with.

It serves the collections ``monitoring-locations``, ``time-series-metadata``, ``daily`` and ``continuous`` as
GeoJSON with pages and links, filtered as the agency does it (OGC API – Features as pygeoapi implements
it), and can be told to fail. What it serves is made up.

    with GaugeService([Gauge("10109000")]) as service:
        fetch_observations("10109000", path, source=service.address, start=..., end=...)
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

JSON = "application/geo+json"
UNITS = {"00060": "ft^3/s", "00065": "ft"}


@dataclass(frozen=True, slots=True)
class Value:
    """One value as the agency publishes it.

    Parameters
    ----------
    time : date of a daily value, ISO 8601 with offset of a continuous one
    value : as text, as the agency sends numbers
    """

    time: str
    value: str | None
    approved: bool = True
    qualifier: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Gauge:
    """A gauge and its values: (parameter, statistic, name of the series) → values."""

    id: str
    name: str = "MADE UP RIVER AT NOWHERE, UT"
    zone: str = "MST"
    values: Mapping[tuple[str, str, str], Sequence[Value]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Failure:
    """A reply in place of the next one.

    Parameters
    ----------
    path : part of the address that it meets
    after : how many requests for it pass before
    """

    status: int = 500
    body: str = '{"code": "NoApplicableCode", "description": "query error (check logs)"}'
    headers: Mapping[str, str] = field(default_factory=dict)
    path: str = ""
    after: int = 0


RATE_LIMIT = Failure(
    429,
    '{"error": {"code": "OVER_RATE_LIMIT", "message": "You have exceeded your rate limit."}}',
    {"Retry-After": "3600", "X-RateLimit-Limit": "50", "X-RateLimit-Remaining": "0"},
)


class GaugeService:
    """The service; a context manager that listens on a free port of the loopback interface.

    Parameters
    ----------
    failures : met in order, each once
    largest_page : most features of one reply
    """

    def __init__(
        self, gauges: Sequence[Gauge] = (), *, failures: Sequence[Failure] = (), largest_page: int = 10_000
    ) -> None:
        self.gauges = list(gauges)
        self.failures = list(failures)
        self.largest_page = largest_page
        self.requests: list[str] = []
        self.headers: list[dict[str, str]] = []
        self._lock = threading.Lock()
        self._met: dict[int, int] = {}
        self._server: ThreadingHTTPServer | None = None

    def __enter__(self) -> GaugeService:
        """Listen."""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop listening."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()

    @property
    def address(self) -> str:
        """Return its root: ``http://127.0.0.1:PORT``."""
        if self._server is None:
            raise RuntimeError("the service does not listen yet: use it in a with statement")
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def reply(self, target: str, headers: Mapping[str, str]) -> tuple[int, str, Mapping[str, str]]:
        """Return status, body and headers for a request."""
        with self._lock:
            self.requests.append(target)
            self.headers.append({name.lower(): value for name, value in headers.items()})
            failure = self._failing(target)
        if failure is not None:
            return failure.status, failure.body, failure.headers
        url = urlsplit(target)
        parts = url.path.strip("/").split("/")
        asked = dict(parse_qsl(url.query))
        if parts[:1] != ["ogcapi"] or parts[2:3] != ["collections"] or parts[4:] != ["items"]:
            return 404, '{"code": "NotFound", "description": "no such resource"}', {}
        features = [f for f in self._features(parts[3]) if _matches(f, asked)]
        return 200, json.dumps(self._page(features, url.path, asked)), {"X-RateLimit-Remaining": "49"}

    def _failing(self, target: str) -> Failure | None:
        for index, failure in enumerate(self.failures):
            if failure.path in target:
                seen = self._met.get(id(failure), 0)
                self._met[id(failure)] = seen + 1
                if seen >= failure.after:
                    return self.failures.pop(index)
        return None

    def _features(self, collection: str) -> Iterator[dict[str, Any]]:
        if collection == "monitoring-locations":
            yield from map(_location, self.gauges)
            return
        for gauge in self.gauges:
            for key, values in gauge.values.items():
                if collection == "time-series-metadata":
                    yield _description(gauge, key, values)
                elif collection == ("continuous" if key[1] == "00011" else "daily"):
                    yield from (_feature(gauge, key, value) for value in values)

    def _page(self, features: Sequence[Any], path: str, asked: Mapping[str, str]) -> dict[str, Any]:
        first = int(asked.get("offset", 0))
        size = min(int(asked.get("limit", 10)), self.largest_page)
        page = features[first : first + size]
        links = [{"type": JSON, "rel": "self", "href": f"{self.address}{path}?{urlencode(asked)}"}]
        if first + size < len(features):
            following = urlencode({**asked, "offset": first + size})
            links.append({"type": JSON, "rel": "next", "href": f"{self.address}{path}?{following}"})
        return {
            "type": "FeatureCollection",
            "features": page,
            "numberReturned": len(page),
            "links": links,
            "timeStamp": "2026-01-01T00:00:00.000000Z",
        }


def _handler(service: GaugeService) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body, headers = service.reply(self.path, dict(self.headers.items()))
            raw = body.encode()
            self.send_response(status)
            for name, value in {"Content-Type": JSON, **headers, "Content-Length": str(len(raw))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    return Handler


def _location(gauge: Gauge) -> dict[str, Any]:
    return {
        "type": "Feature",
        "id": f"USGS-{gauge.id}",
        "geometry": None,
        "properties": {
            "id": f"USGS-{gauge.id}",
            "agency_code": "USGS",
            "monitoring_location_number": gauge.id,
            "monitoring_location_name": gauge.name,
            "site_type_code": "ST",
            "time_zone_abbreviation": gauge.zone,
            "uses_daylight_savings": "Y",
        },
    }


def _description(gauge: Gauge, key: tuple[str, str, str], values: Sequence[Value]) -> dict[str, Any]:
    parameter, statistic, series = key
    times = sorted(value.time for value in values)
    return {
        "type": "Feature",
        "id": series,
        "geometry": None,
        "properties": {
            "id": series,
            "monitoring_location_id": f"USGS-{gauge.id}",
            "parameter_code": parameter,
            "statistic_id": statistic,
            "computation_period_identifier": "Points" if statistic == "00011" else "Daily",
            "begin": times[0] if times else None,
            "end": times[-1] if times else None,
        },
    }


def _feature(gauge: Gauge, key: tuple[str, str, str], value: Value) -> dict[str, Any]:
    parameter, statistic, series = key
    return {
        "type": "Feature",
        "id": f"{series}-{value.time}",
        "geometry": None,
        "properties": {
            "time_series_id": series,
            "monitoring_location_id": f"USGS-{gauge.id}",
            "parameter_code": parameter,
            "statistic_id": statistic,
            "time": value.time,
            "value": value.value,
            "unit_of_measure": UNITS.get(parameter),
            "approval_status": "Approved" if value.approved else "Provisional",
            "qualifier": list(value.qualifier) or None,
            "last_modified": "2026-01-08T21:21:09.233391+00:00",
        },
    }


def _matches(feature: Mapping[str, Any], asked: Mapping[str, str]) -> bool:
    given = feature["properties"]
    if "id" in asked and feature["id"] != asked["id"]:
        return False
    for name in ("monitoring_location_id", "parameter_code", "statistic_id"):
        if name in asked and given.get(name, feature["id"]) != asked[name]:
            return False
    if "time" in asked and "time" in given:
        start, end = (_instant(text) for text in asked["time"].split("/"))
        return start <= _instant(given["time"]) <= end
    return True


def _instant(text: str) -> datetime:
    time = datetime.fromisoformat(text)
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time


def days(first: str, values: Sequence[str], **more: Any) -> list[Value]:
    """Return daily values, one day after the other."""
    start = datetime.fromisoformat(first)
    return [Value(f"{start + timedelta(days=i):%Y-%m-%d}", value, **more) for i, value in enumerate(values)]


def readings(first: str, values: Sequence[str], *, minutes: int = 15, **more: Any) -> list[Value]:
    """Return continuous values at equal distances, UTC."""
    start = _instant(first)
    return [
        Value((start + timedelta(minutes=minutes * i)).isoformat(), value, **more)
        for i, value in enumerate(values)
    ]
