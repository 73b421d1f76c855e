"""From a captured frame to what UDP or TCP carried in it: Ethernet with VLANs, Linux cooked, raw IP; IPv4 and IPv6."""

import ipaddress
import struct
from functools import lru_cache
from typing import Final, NamedTuple

from app.feeds.decode.pcap import Frame

UDP: Final = 17
TCP: Final = 6
_ETHERNET: Final = 1
_RAW: Final = (12, 14, 101, 228, 229)
_NULL: Final = (0, 108)
_COOKED: Final = 113
_COOKED2: Final = 276
_IP4: Final = 0x0800
_IP6: Final = 0x86DD
_TAGS: Final = (0x8100, 0x88A8, 0x9100)
_FRAGMENT: Final = 44
_EXTENSIONS: Final = (0, 43, 60, 135)  # hop-by-hop, routing, destination options, mobility
FIN: Final = 1
SYN: Final = 2
RST: Final = 4


class Flow(NamedTuple):
    """One direction: from an address and port to another."""

    source: str
    source_port: int
    target: str
    target_port: int

    def __str__(self) -> str:
        return f"{self.source}:{self.source_port}>{self.target}:{self.target_port}"


class Datagram(NamedTuple):
    """What a frame carried: its flow, payload, where that stood in the file; of TCP the number and flags."""

    ts_ns: int
    protocol: int
    flow: Flow
    payload: bytes
    offset: int
    seq: int = 0
    flags: int = 0


class Passed(NamedTuple):
    """A frame that carries nothing to be read, and why; `damaged`: it should have."""

    reason: str
    damaged: bool = False


def unwrapped(frame: Frame) -> Datagram | Passed:
    """The UDP or TCP payload of a frame, or why there is none."""
    try:
        kind, at = _network(frame)
        if kind == _IP4:
            return _of_ip4(frame, at)
        if kind == _IP6:
            return _of_ip6(frame, at)
    except (struct.error, IndexError):
        return Passed(f"headers cut short after {len(frame.data)} of {frame.length} bytes", damaged=True)
    return Passed("no IP" if kind is not None else f"link type {frame.link} is not read")


def _network(frame: Frame) -> tuple[int | None, int]:
    """The EtherType and where the network header begins; None for a link that is not read."""
    data = frame.data
    if frame.link == _ETHERNET:
        at = 12
        (kind,) = struct.unpack_from(">H", data, at)
        while kind in _TAGS:
            at += 4
            (kind,) = struct.unpack_from(">H", data, at)
        return kind, at + 2
    if frame.link == _COOKED:
        return struct.unpack_from(">H", data, 14)[0], 16
    if frame.link == _COOKED2:
        return struct.unpack_from(">H", data, 0)[0], 20
    if frame.link in _RAW or frame.link in _NULL:
        at = 0 if frame.link in _RAW else 4
        return {4: _IP4, 6: _IP6}.get(data[at] >> 4, 0), at
    return None, 0


def _of_ip4(frame: Frame, at: int) -> Datagram | Passed:
    data = frame.data
    first, _, total, _, fragment, _, protocol = struct.unpack_from(">BBHHHBB", data, at)
    if fragment & 0x3FFF:
        return Passed("an IP fragment", damaged=True)
    if first >> 4 != 4 or first & 15 < 5:
        return Passed(f"IP header {first:02x} is none", damaged=True)
    hosts = _host(_exactly(data, at + 12, 4)), _host(_exactly(data, at + 16, 4))
    end = at + total if total else len(data)  # 0: cut by the card, segments put together
    return _transport(frame, protocol, hosts, (at + (first & 15) * 4, end))


def _of_ip6(frame: Frame, at: int) -> Datagram | Passed:
    data = frame.data
    size, protocol = struct.unpack_from(">HB", data, at + 4)
    hosts = _host(_exactly(data, at + 8, 16)), _host(_exactly(data, at + 24, 16))
    begin, end = at + 40, at + 40 + size if size else len(data)
    while protocol in _EXTENSIONS:
        protocol, begin = data[begin], begin + 8 * (data[begin + 1] + 1)
    if protocol == _FRAGMENT:
        return Passed("an IP fragment", damaged=True)
    return _transport(frame, protocol, hosts, (begin, end))


@lru_cache(maxsize=4_096)
def _host(address: bytes) -> str:
    """An address of 4 or 16 bytes as people write it."""
    return str(ipaddress.ip_address(address))


def _exactly(data: bytes, at: int, size: int) -> bytes:
    if len(data) < at + size:
        raise IndexError
    return data[at : at + size]


def _transport(frame: Frame, protocol: int, hosts: tuple[str, str], span: tuple[int, int]) -> Datagram | Passed:
    data, (at, end) = frame.data, span
    if protocol not in (UDP, TCP):
        return Passed("neither UDP nor TCP")
    source_port, target_port = struct.unpack_from(">HH", data, at)
    flow = Flow(hosts[0], source_port, hosts[1], target_port)
    seq = flags = 0
    if protocol == UDP:
        (size,) = struct.unpack_from(">H", data, at + 4)
        begin, end = at + 8, min(end, at + size) if size else end
    else:
        (seq,), offset, flags = struct.unpack_from(">I", data, at + 4), data[at + 12], data[at + 13]
        begin = at + (offset >> 4) * 4
    if begin < at + 8 or begin > end:
        return Passed("header lengths do not fit", damaged=True)
    if end > len(data):
        return Passed(f"cut short at the capture: {len(data)} of {frame.length} bytes", damaged=True)
    return Datagram(frame.ts_ns, protocol, flow, data[begin:end], frame.offset + begin, seq, flags)
