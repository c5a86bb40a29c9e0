"""The addresses of this machine, and the interface that has one of them."""

from __future__ import annotations

import fcntl
import socket
import struct
from ipaddress import IPv4Address, IPv4Network

_SIOCGIFADDR = 0x8915
NETWORK = "DMOD_RANKS_NETWORK"
"""Variable that says over which network ranks talk, as ``10.0.3.0/24``; others may not reach all nodes."""
_DISCARD = 9
NODE = "DMOD_NODE"
"""Variable that says what an engine calls the node on which something runs, where it chose that itself."""


def interfaces() -> dict[str, str]:
    """Return the IPv4 address of each interface that has one, but for the loopback."""
    found = {}
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        for _, name in socket.if_nameindex():
            asked = struct.pack("256s", name.encode()[:15])
            try:
                answer = fcntl.ioctl(one.fileno(), _SIOCGIFADDR, asked)
            except OSError:
                continue  # it has none
            address = socket.inet_ntoa(answer[20:24])
            if not IPv4Address(address).is_loopback:
                found[name] = address
    return found


def addresses_in(network: str) -> tuple[str, ...]:
    """Return the addresses of this machine, those in a network if one is named."""
    found = tuple(interfaces().values())
    if not network:
        return found
    wanted = IPv4Network(network, strict=False)
    return tuple(address for address in found if IPv4Address(address) in wanted)


def interface_of(addresses: tuple[str, ...]) -> str:
    """Return the name of the interface with the first of some addresses; "" where none has it."""
    for address in addresses:
        for name, other in interfaces().items():
            if other == address:
                return name
    return ""


def answers(address: str, seconds: float = 1.0) -> bool:
    """Whether a machine is reached at an address; that it refuses a connection is an answer too."""
    try:
        socket.create_connection((address, _DISCARD), timeout=seconds).close()
    except ConnectionRefusedError:
        return True
    except OSError:
        return False
    return True
