"""Requests that the server sends to addresses which users name: never to machines behind its own walls.

A name is looked up once, all that it leads to must be allowed, and the connection goes to what was looked up:
a name that leads elsewhere a moment later gains nothing. An answer that names another address is followed
only where that is asked for, and the other address has to be allowed likewise; a proxy of the environment is
not used, and what does not end in time is cut off.
"""

from __future__ import annotations

import http.client
import ipaddress
import json
import os
import socket
import ssl
import threading
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, urljoin, urlsplit

from dmod.errors import BackendError, InputError

NETWORKS = "DMOD_CALLBACK_NETWORKS"
"""Variable with networks, divided by commas, that may be asked although they are not public."""
LARGEST = 1 << 20
"""Bytes of an answer that are read."""
LONGEST = 2000
TIMEOUT, DEADLINE = 10.0, 20.0
"""Seconds for each step of a request, and for all of it."""
SUCCESS, SERVER_FAULT, TOO_MANY, TIMED_OUT = range(200, 300), 500, 429, 408
ELSEWHERE = frozenset({301, 302, 303, 307, 308})

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
EVERYWHERE: tuple[Network, ...] = (ipaddress.ip_network("0.0.0.0/0"), ipaddress.ip_network("::/0"))
_TRANSLATED = ipaddress.IPv6Network("64:ff9b::/96")


def allowed_networks(*, is_private: bool, environment: Mapping[str, str] = os.environ) -> tuple[Network, ...]:
    """Return the networks that may be asked beside the public ones.

    Parameters
    ----------
    is_private : whether the server can be asked by this machine alone: it may ask everything that its users
        can ask themselves

    Raises
    ------
    InputError
        the variable names what is no network.
    """
    if is_private:
        return EVERYWHERE
    named = [item.strip() for item in environment.get(NETWORKS, "").split(",") if item.strip()]
    try:
        return tuple(ipaddress.ip_network(item) for item in named)
    except ValueError as error:
        raise InputError(f"{NETWORKS}: {error}", hint="write networks like 10.0.0.0/8,fd00::/8") from error


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    body: bytes
    location: str = ""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """Sends requests.

    Parameters
    ----------
    networks : that may be asked although they are not public
    largest : bytes of an answer that are read
    deadline : for all of a request [s]
    """

    networks: tuple[Network, ...] = ()
    largest: int = LARGEST
    deadline: float = DEADLINE

    def require(self, address: str, what: str) -> None:
        """Refuse an address that will never be asked; one whose name is not known now may be later.

        Raises
        ------
        InputError
            it is refused; ``what`` names where it stood.
        """
        parts = _parts(address, what)
        with suppress(BackendError):
            self._places(parts)

    def post(self, address: str, document: Any) -> None:
        """Send a document.

        Raises
        ------
        InputError
            the address may not be asked.
        BackendError
            it does not answer, or not with success; retryable where a later try may help.
        """
        headers = {"Content-Type": "application/json"}
        self._content(address, self._ask("POST", address, json.dumps(document).encode(), headers))

    def fetch(self, address: str, *, headers: Mapping[str, str] | None = None, redirects: int = 0) -> bytes:
        """Return what an address answers with.

        Parameters
        ----------
        headers : that are sent to the first address, and to others of its host
        redirects : to how many other addresses an answer may lead, each allowed like the first

        Raises
        ------
        InputError, BackendError
            as `post` has them.
        """
        first, own = _origin(address), dict(headers or {})
        for _ in range(redirects):
            answer = self._ask("GET", address, None, own if _origin(address) == first else {})
            if answer.status not in ELSEWHERE or not answer.location:
                return self._content(address, answer)
            address = urljoin(address, answer.location)
        return self._content(
            address, self._ask("GET", address, None, own if _origin(address) == first else {})
        )

    def _ask(self, method: str, address: str, body: bytes | None, headers: Mapping[str, str]) -> _Answer:
        parts = _parts(address, "the address")
        places = self._places(parts)
        own = {"Accept": "application/json", "User-Agent": "dmod", "Connection": "close"}
        try:
            return _exchange(
                parts, places[0], method, body, {**own, **headers}, (self.largest, self.deadline)
            )
        except (OSError, http.client.HTTPException) as error:
            raise BackendError(
                f"{parts.hostname} does not answer: {type(error).__name__}", retryable=True
            ) from error

    def _content(self, address: str, answer: _Answer) -> bytes:
        host = urlsplit(address).hostname
        if answer.status not in SUCCESS:
            again = answer.status >= SERVER_FAULT or answer.status in {TOO_MANY, TIMED_OUT}
            raise BackendError(f"{host} answered {answer.status}", retryable=again)
        if len(answer.body) > self.largest:
            raise InputError(f"{host} answered with more than {self.largest:,} bytes")
        return answer.body

    def _places(self, parts: SplitResult) -> list[tuple[str, int]]:
        """Return the addresses that a name leads to; refuse it where one of them may not be asked."""
        host, port = str(parts.hostname), parts.port or (443 if parts.scheme == "https" else 80)
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise BackendError(f"{host} is no known host", retryable=True) from error
        places = [str(place[0]) for *_, place in found]
        for place in places:
            if not self._may_ask(ipaddress.ip_address(place.partition("%")[0])):
                raise InputError(
                    f"{host} is not a public address",
                    hint=f"whoever runs the server can allow its network: {NETWORKS}",
                )
        return [(place, port) for place in places]

    def _may_ask(self, address: Address) -> bool:
        return all(
            (item.is_global and not item.is_multicast) or any(item in network for network in self.networks)
            for item in _meant(address)
        )


def _meant(address: Address) -> Iterable[Address]:
    """Yield an address, and those that it stands for in networks that translate."""
    yield address
    if isinstance(address, ipaddress.IPv6Address):
        teredo = address.teredo
        inner = [address.ipv4_mapped, address.sixtofour, teredo[1] if teredo else None]
        yield from (item for item in inner if item is not None)
        if address in _TRANSLATED:
            yield ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)


def _parts(address: str, what: str) -> SplitResult:
    hint = "write http:// or https://, a host and a path, without name and password"
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError as error:
        raise InputError(f"{what} is no address: {error}", hint=hint) from error
    is_plain = address.isascii() and address.isprintable() and " " not in address and len(address) <= LONGEST
    has_user = parts.username is not None or parts.password is not None
    if not is_plain or parts.scheme not in {"http", "https"} or not parts.hostname or has_user or port == 0:
        raise InputError(f"{what} is no address that is asked here", hint=hint)
    return parts


def _origin(address: str) -> tuple[str, str]:
    parts = urlsplit(address)
    return parts.scheme, parts.netloc


def _exchange(
    parts: SplitResult,
    place: tuple[str, int],
    method: str,
    body: bytes | None,
    headers: Mapping[str, str],
    limits: tuple[int, float],
) -> _Answer:
    """Return the answer that a place gives."""
    largest, deadline = limits
    stream = socket.create_connection(place, TIMEOUT)
    # an answer that comes byte by byte would keep each step within its time
    is_late = threading.Event()
    guard = threading.Timer(deadline, _cut, (stream, is_late))
    guard.daemon = True
    guard.start()
    connection = http.client.HTTPConnection(str(parts.hostname), place[1], timeout=TIMEOUT)
    try:
        if parts.scheme == "https":
            stream = ssl.create_default_context().wrap_socket(stream, server_hostname=parts.hostname)
        connection.sock = stream
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request(method, target, body, {"Host": parts.netloc, **headers})
        answer = connection.getresponse()
        found = answer.read(largest + 1)
        if is_late.is_set():  # what was cut off reads like what ended
            raise TimeoutError
        return _Answer(answer.status, found, answer.getheader("Location") or "")
    finally:
        guard.cancel()
        connection.close()
        stream.close()


def _cut(stream: socket.socket, is_late: threading.Event) -> None:
    is_late.set()
    with suppress(OSError):
        stream.shutdown(socket.SHUT_RDWR)
