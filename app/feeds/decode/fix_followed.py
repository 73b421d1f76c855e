"""Raw FIX that is followed: bytes in, order rows out, by the decoder the settings name; both give the same rows."""

from functools import cache
from typing import Protocol

from app.engine.events import OrderRow, Quarantined
from app.engine.universe import Universe
from app.feeds.decode.fix_columns import Symbology
from app.feeds.decode.fix_flow import FixFlow
from app.feeds.decode.fix_frame import Framer, Item
from app.feeds.decode.fix_securities import Securities
from app.feeds.decode.fix_settings import FixSettings
from app.feeds.decode.fix_stream import FixStream


class Followed(Protocol):
    """One stream of orders, its bytes in one piece after the other. `quarantine` grows meanwhile.

    `taken`: messages and spans that are no message, those that were only heard left out. `decided`: bytes before it
    are, those from it on wait for more.
    """

    @property
    def quarantine(self) -> list[Quarantined]:
        """What was set aside."""

    @property
    def taken(self) -> int:
        """Messages and spans told so far."""

    @property
    def decided(self) -> int:
        """The first byte that waits for more."""

    def begin(self) -> None:
        """Other bytes follow: a new file or packet."""

    def feed(self, data: bytes, file: str, known: int = 0) -> list[OrderRow]:
        """Rows of the messages more bytes complete; those that begin before byte `known` are heard and not told."""

    def close(self, file: str, known: int = 0) -> list[OrderRow]:
        """Rows of what is left at the end of these bytes."""

    def whole(self, data: bytes, file: str) -> list[OrderRow]:
        """Rows of other bytes that are all there: as begin, feed and close."""


class FastFollowed:
    """By the kernels of FixFlow."""

    def __init__(self, flow: FixFlow) -> None:
        self.flow = flow

    @property
    def quarantine(self) -> list[Quarantined]:
        """As Followed."""
        return self.flow.quarantine

    @property
    def taken(self) -> int:
        """As Followed."""
        return self.flow.taken

    @property
    def decided(self) -> int:
        """As Followed."""
        return self.flow.scanner.decided

    def begin(self) -> None:
        """As Followed."""
        self.flow.begin()

    def feed(self, data: bytes, file: str, known: int = 0) -> list[OrderRow]:
        """As Followed."""
        return [row for rows in self.flow.feed(data, file, known) for row in rows.orders()]

    def close(self, file: str, known: int = 0) -> list[OrderRow]:
        """As Followed."""
        return [row for rows in self.flow.close(file, known) for row in rows.orders()]

    def whole(self, data: bytes, file: str) -> list[OrderRow]:
        """As Followed."""
        return [row for rows in self.flow.whole(data, file) for row in rows.orders()]


class ReferenceFollowed:
    """By the reference decoder, message by message."""

    def __init__(self, stream: FixStream) -> None:
        self.taken = 0
        self._stream = stream
        self._framer: Framer = stream.framer()

    @property
    def quarantine(self) -> list[Quarantined]:
        """As Followed."""
        return self._stream.quarantine

    @property
    def decided(self) -> int:
        """As Followed."""
        return self._framer.decided

    def begin(self) -> None:
        """As Followed."""
        self._framer = self._stream.framer()

    def feed(self, data: bytes, file: str, known: int = 0) -> list[OrderRow]:
        """As Followed."""
        return self._told(self._framer.feed(data), file, known)

    def close(self, file: str, known: int = 0) -> list[OrderRow]:
        """As Followed."""
        return self._told(self._framer.close(), file, known)

    def whole(self, data: bytes, file: str) -> list[OrderRow]:
        """As Followed."""
        self.begin()
        return [*self.feed(data, file), *self.close(file)]

    def _told(self, items: list[Item], file: str, known: int) -> list[OrderRow]:
        heard = sum(item.offset < known for item in items)
        if heard:
            kept = len(self.quarantine)
            self._stream.take(items[:heard], file)
            del self.quarantine[kept:]
        self.taken += len(items) - heard
        return self._stream.take(items[heard:], file)


def followed(
    settings: FixSettings,
    universe: Universe,
    symbology: Symbology | None = None,
    source: str | None = None,
    securities: Securities | None = None,
) -> Followed:
    """A stream of orders by the decoder of the settings; `securities`: what its SecurityIDs mean."""
    known = Securities() if securities is None else securities
    if settings.decoder == "reference":
        return ReferenceFollowed(FixStream(settings, universe, symbology, source, known))
    _load_kernels()
    return FastFollowed(FixFlow(settings, universe, symbology, source, known))


@cache
def _load_kernels() -> None:
    """One order through a stream of its own: the first message of a day waits for no kernel."""
    fields = b"35=D\x0149=A\x0156=B\x0134=1\x0152=20260302-14:30:00\x0111=1\x0155=S\x0154=1\x0138=1\x01"
    message = b"8=FIX.4.4\x019=%d\x01%b" % (len(fields), fields)
    message += b"10=%03d\x01" % (sum(message) % 256)
    FixFlow(FixSettings(), Universe()).feed(message, "")
