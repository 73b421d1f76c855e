"""Frames of a live interface: a raw socket of the kernel with ns stamps, the card's own where it gives them (Linux)."""

import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from types import TracebackType
from typing import Final, Self

from app.engine.errors import FeedError, SettingsError, complaint
from app.engine.units import SECOND
from app.feeds.decode.pcap import Frame

_EVERY: Final = 0x0003  # ETH_P_ALL
_SO_TIMESTAMPNS: Final = 35
_SO_TIMESTAMPING: Final = 37
_SOL_PACKET: Final = 263
_PACKET_STATISTICS: Final = 6
_HARDWARE: Final = 1 << 2 | 1 << 6  # SOF_TIMESTAMPING_RX_HARDWARE, RAW_HARDWARE
_OUTGOING: Final = 4
_ETHERNET: Final = 1
_FRAME: Final = 65_536
_BUFFER: Final = 16 << 20
_LOOK_S: Final = 0.2
_STAMP: Final = struct.Struct("@ll")
_STAMPS: Final = struct.Struct("@llllll")


class LiveInterface:
    """An interface being listened to; frames come with the kernel's receive stamp or the card's."""

    def __init__(self, name: str, stop: Callable[[], bool]) -> None:
        """`stop` is asked between frames. Raises FeedError where it may not be read, SettingsError where absent."""
        self.hardware_stamps = 0
        self.frames = 0
        self._stop = stop
        self._loopback = name == "lo"
        if not hasattr(socket, "AF_PACKET"):
            raise FeedError("a live interface can be read on Linux only; capture to a file and give its path")
        interfaces = [known for _, known in socket.if_nameindex()]
        if name not in interfaces:
            raise SettingsError(complaint("--interface", "name", name, ", ".join(interfaces)))
        try:
            self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_EVERY))
        except PermissionError as error:
            words = "run as root, or give the interpreter CAP_NET_RAW; a capture file needs neither"
            raise FeedError(f"interface {name}: raw frames may not be read: {words}") from error
        try:
            self._prepare(name)
        except OSError as error:
            self._socket.close()
            raise FeedError(f"interface {name}: cannot be listened to: {error.strerror or error}") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()

    def pieces(self) -> Iterator[list[Frame]]:
        """Frames as they come, one list each; an empty list when nothing has come for a moment."""
        while not self._stop():
            try:
                data, told, _, address = self._socket.recvmsg(_FRAME, 1_024)
            except TimeoutError:
                yield []
                continue
            except OSError as error:
                raise FeedError(f"live capture stopped: {error.strerror or error}") from error
            if self._loopback and address[2] == _OUTGOING:
                continue  # the loopback shows every frame going and coming
            stamp, hardware = stamped(told)
            self.hardware_stamps += hardware
            self.frames += 1
            yield [Frame(stamp or time.time_ns(), _ETHERNET, data, len(data), 0)]

    def dropped(self) -> int:
        """Frames the kernel had no room for since this was last asked."""
        _, drops = struct.unpack("@II", self._socket.getsockopt(_SOL_PACKET, _PACKET_STATISTICS, 8))
        return int(drops)

    def _prepare(self, name: str) -> None:
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
        self._socket.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        with suppress(OSError):  # a card without a clock: the kernel's stamps stand
            self._socket.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPING, _HARDWARE)
        self._socket.bind((name, 0))
        self._socket.settimeout(_LOOK_S)


def stamped(told: list[tuple[int, int, bytes]]) -> tuple[int, bool]:
    """The stamp (ns; 0 for none) that came with a frame, and whether it is the card's own."""
    software = 0
    for level, kind, data in told:
        if level != socket.SOL_SOCKET:
            continue
        if kind == _SO_TIMESTAMPING and len(data) >= _STAMPS.size:
            *_, seconds, nanoseconds = _STAMPS.unpack_from(data)
            if seconds:
                return seconds * SECOND + nanoseconds, True
        elif kind == _SO_TIMESTAMPNS and len(data) >= _STAMP.size:
            seconds, nanoseconds = _STAMP.unpack_from(data)
            software = seconds * SECOND + nanoseconds
    return software, False
