"""Lines of ptp4l, phc2sys and `chronyc tracking` as clock events: offset, state, and what it was measured against.

ptp4l and phc2sys (linuxptp, with -m): `ptp4l[5374.018]: master offset -12 s2 freq -3245 path delay 511`, where s0 is
unlocked, s1 a step, s2 locked; `rms 6 max 12 freq ...` sums up an interval. chronyc: a block of `Name : value` lines.
"""

import re
from typing import Final, Literal, NamedTuple, TypeAlias

State: TypeAlias = Literal["locked", "stepping", "unlocked", "lost"]

_STATES: Final[dict[bytes, State]] = {b"s0": "unlocked", b"s1": "stepping", b"s2": "locked", b"s3": "locked"}
_TAG: Final = re.compile(rb"(?P<program>ptp4l|phc2sys|ts2phc)(?:\[(?P<at>\d+(?:\.\d+)?)\])?:\s*(?:\[[^\]]*\]\s*)?")
_OFFSET: Final = re.compile(
    rb"(?:(?P<clock>[\w/.-]+)\s+)?(?P<of>master|phc|sys|rms|s)?\s*offset\s+(?P<offset>-?\d+)\s+(?P<state>s[0-3])\s+freq\s+[+-]?\d+"
    rb"(?:\s+(?:path\s+)?delay\s+(?P<delay>-?\d+))?"
)
_SUMMARY: Final = re.compile(rb"rms\s+(?P<rms>\d+)\s+max\s+(?P<max>\d+)\s+freq")
_PORT: Final = re.compile(rb"port \d+(?: \([^)]*\))?: (?P<old>[A-Z_]+) to (?P<new>[A-Z_]+)")
_TRACKING: Final = re.compile(rb"^(?P<name>[A-Z][A-Za-z ()]*?)\s*:\s*(?P<value>.*?)\s*$")
_SECONDS: Final = re.compile(rb"^(?P<number>[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?) seconds?(?: (?P<way>slow|fast))?")
_LIMIT_S: Final = 1_000_000.0


class ClockEvent(NamedTuple):
    """One statement about a clock. `offset_ns`: ours minus the reference's; `bound_ns`: error stated beside it.

    `at_s`: seconds of the program's own clock (None where it states none); `state` lost: nothing to follow.
    """

    offset_ns: int
    state: State
    source: str
    bound_ns: int = 0
    at_s: float | None = None


class ClockLines:
    """Reads line after line; a block of chronyc is one event, given when it is complete."""

    def __init__(self) -> None:
        self.unread = 0
        self._block: dict[bytes, bytes] = {}

    def read(self, line: bytes) -> list[ClockEvent]:
        """The events a line completes."""
        text = line.strip()
        if not text:
            return []
        tag = _TAG.search(text)
        if tag is not None:
            found = _of_linuxptp(tag, text[tag.end() :])
            self.unread += found is None
            return [] if found is None else [found]
        entry = _TRACKING.match(text)
        if entry is None:
            self.unread += 1
            return []
        if entry["name"] == b"Reference ID":
            self._block = {}
        self._block[entry["name"]] = entry["value"]
        return self._completed() if entry["name"] == b"Leap status" else []

    def finish(self) -> list[ClockEvent]:
        """End of the lines: a block without its last line is taken as it stands."""
        return self._completed() if b"System time" in self._block else []

    def _completed(self) -> list[ClockEvent]:
        block, self._block = self._block, {}
        offset = _seconds(block.get(b"System time"))
        if offset is None:
            self.unread += len(block)
            return []
        delay, dispersion = _seconds(block.get(b"Root delay")) or 0, _seconds(block.get(b"Root dispersion")) or 0
        reference = block.get(b"Reference ID", b"").decode("ascii", "replace")
        named = re.search(r"\(([^)]+)\)", reference)
        state: State = "locked"
        if reference.startswith("00000000") or block.get(b"Leap status") == b"Not synchronised":
            state = "lost"
        return [ClockEvent(offset, state, f"chronyd:{named[1] if named else reference}", abs(delay) // 2 + dispersion)]


def _of_linuxptp(tag: re.Match[bytes], text: bytes) -> ClockEvent | None:
    program = tag["program"].decode()
    at_s = float(tag["at"]) if tag["at"] else None
    found = _OFFSET.search(text)
    if found is not None:
        clock = found["clock"].decode() if found["clock"] and program != "ptp4l" else ""
        return ClockEvent(
            int(found["offset"]), _STATES[found["state"]], f"{program}:{clock}" if clock else program, at_s=at_s
        )
    summed = _SUMMARY.search(text)
    if summed is not None:
        return ClockEvent(int(summed["max"]), "locked", program, at_s=at_s)
    port = _PORT.search(text)
    if port is not None and port["old"] == b"SLAVE":
        return ClockEvent(0, "lost", program, at_s=at_s)
    return None


def _seconds(value: bytes | None) -> int | None:
    """A statement in seconds as ns; `slow` is behind the reference, so negative."""
    found = _SECONDS.match(value or b"")
    if found is None or not abs(float(found["number"])) < _LIMIT_S:
        return None
    ns = round(float(found["number"]) * 1e9)
    return -ns if found["way"] == b"slow" else ns
