"""What the SecurityIDs (48) of a FIX stream mean: as its own messages say, else as the directories of other sources do.

A message that names a security both ways, by Symbol (55) and by SecurityID (48) of a SecurityIDSource (22), tells what
the id means from then on. An id that the stream itself has not explained takes its meaning once: from another source's
directory, or under its own name, and keeps it, so that a day that is gone on with names everything as before.
"""

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from app.engine import fix_scan
from app.engine.events import Quarantined
from app.engine.universe import Universe
from app.feeds.decode.fix_fields import FixMessage, refusal
from app.feeds.decode.fix_objects import Said
from app.feeds.decode.fix_scanner import FixBlock
from app.feeds.decode.live_symbols import LiveSymbols

_EXCHANGE: Final = "8"  # SecurityIDSource: the exchange's own id, which is the instrument id of DBN definitions
_TAGS: Final = (55, 65, 22, 48)


@dataclass(slots=True)
class Securities:
    """Ids of one stream. `bound`: what an id that other sources had to explain was taken for."""

    shared: LiveSymbols | None = None
    bound: dict[str, str] = field(default_factory=dict)
    notices: list[Quarantined] = field(default_factory=list)
    looked_up: int = 0
    _own: LiveSymbols = field(default_factory=LiveSymbols)

    def hear(self, message: FixMessage) -> None:
        """Note what a message of any type says of an id."""
        if 48 in message.first:
            self.learn(*(message.text(tag) for tag in _TAGS))

    def meaning(self, message: FixMessage, ns: int, place: tuple[str, str]) -> str:
        """The instrument's symbol for the id of a message without a Symbol; `place`: source, and where, in words."""
        self.looked_up += 1
        security, kind = message.text(48) or "", message.text(22) or ""
        own = self._own.instrument(f"fix:{kind}", security, ns)
        if own != security or self._own.knows(f"fix:{kind}", security):
            return own
        key = f"{kind}:{security}"
        if key not in self.bound:
            self.bound[key] = self._elsewhere(kind, security, ns)
            if self.bound[key] == security:
                allowed = "an id that a message with Symbol (55), or a directory of a market source, has told before"
                reason = (
                    f"{refusal(48, security, allowed)}; SecurityIDSource (22) = {kind!r}: its orders stand under it"
                )
                self.notices.append(Quarantined(source=place[0], where=place[1], reason=reason, raw=message.raw))
        return self.bound[key]

    def _elsewhere(self, kind: str, security: str, ns: int) -> str:
        if self.shared is None or kind not in ("", _EXCHANGE):
            return security
        return self.shared.instrument("dbn", security, ns)

    def learn(self, symbol: str | None, suffix: str | None, kind: str | None, security: str | None) -> None:
        """Note what tags 55, 65, 22 and 48 of a message say."""
        if symbol is not None and symbol != "[N/A]":
            self._own.learn_fix(f"{symbol}.{suffix}" if suffix else symbol, kind, security)

    def of_block(self, block: FixBlock) -> "Heard":
        """What the messages of a block say of ids, to be noted as far as the block has been read."""
        return Heard(self, block)


class Heard:
    """Ids that messages of a block explain, in their order."""

    def __init__(self, securities: Securities, block: FixBlock) -> None:
        self._securities = securities
        self._left: list[tuple[int, list[str | None]]] = []
        if not len(block) or not (block.fields[:, fix_scan.TAG] == _TAGS[-1]).any():
            return
        said = Said(block, np.arange(len(block)), set(_TAGS))
        texts: dict[int, list[str | None]] = {row: [None, None, None, text] for row, text in said(_TAGS[-1])}
        for place, tag in enumerate(_TAGS[:-1]):
            for row, text in said(tag):
                if row in texts:
                    texts[row][place] = text
        self._left = sorted(texts.items(), reverse=True)

    def until(self, index: int) -> None:
        """Note what the messages up to this one say."""
        while self._left and self._left[-1][0] <= index:
            self._securities.learn(*self._left.pop()[1])


class Unlisted:
    """Own flow in instruments that no directory has told of: said once each, where there is a directory."""

    def __init__(self, universe: Universe) -> None:
        self._universe = universe
        self._seen: set[str | None] = {None}

    def said(self, instruments: set[str | None], source: str, where: str) -> list[Quarantined]:
        """A notice for each name that is new and in no directory."""
        known = self._universe.reference
        if not known:
            return []
        found = []
        for name in sorted(name for name in instruments - self._seen if name is not None):
            if name not in known:
                allowed = f"one of the {len(known)} instruments the directories have told so far"
                reason = f"{refusal(55, name, allowed)}: its orders stand under it, without a market"
                found.append(Quarantined(source=source, where=where, reason=reason))
        self._seen |= instruments
        return found
