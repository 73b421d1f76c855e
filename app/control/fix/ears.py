"""What the session hears: every callback of the library, each with a catch-all, none deciding anything.

The library takes messages apart and sorts them, so what is handed on is the text as it came over the wire. What it
refuses to hand over (and answers with 35=3 or 35=j) is handed on all the same, with an alarm: no report is lost.
"""

import secrets
import threading
import time
from collections.abc import Callable
from typing import Any, Concatenate, Final, NamedTuple, ParamSpec

from app.control.fix.wire_log import WireLog
from app.control.link import Down, Hear, Received, Up, Warned
from app.settings_sources import Secret

ORDERS: Final = frozenset("DFGq")  # what may never be sent a second time
_ADMIN: Final = frozenset("0124A5")  # of the session alone; a 35=3 is about a message of ours
_PENDING: Final = 100_000  # texts kept of messages the library has not handed over yet
_HEAD: Final = 400
_ROUTINE: Final = (
    "Connecting to", "Created session", "Disconnecting", "Initiated log", "Received log", "Sending logout", "Sent ",
    "Loading ", "No SSL certificate", "Session reset", "Received ResendRequest", "ResendRequest for",
    "Processing QUEUED", "MsgSeqNum too high", "Already sent", "Responding to",
)  # fmt: skip
Spoken = ParamSpec("Spoken")


class Login(NamedTuple):
    """Who logs on: 553 and 554."""

    user: str
    password: Secret


class Wire(NamedTuple):
    """A message of ours as it went over the wire, and its number there."""

    raw: bytes
    seq: int


def as_bytes(text: str) -> bytes:
    """The library's text as the bytes it was made of."""
    return text.encode("utf-8", "surrogateescape")


def first(raw: bytes, tag: int, within: int | None = None) -> bytes:
    """The first value of a tag, b"" when it is not there."""
    _, found, rest = raw[:within].partition(b"\x01%d=" % tag)
    return rest.partition(b"\x01")[0] if found else b""


def _caught(callback: Callable[Concatenate[Any, Spoken], None]) -> Callable[Concatenate[Any, Spoken], None]:
    """Nothing may be raised into the library: it would end the process."""

    def call(self: Any, /, *words: Spoken.args, **more: Spoken.kwargs) -> None:
        try:
            callback(self, *words, **more)
        except Exception as error:  # noqa: BLE001 - said, and the session goes on
            self.hear(Warned(f"FIX session: {callback.__name__} failed: {type(error).__name__}: {error}", b""))

    return call


class Ears:
    """State of one session as its callbacks tell it. `up`: logged on, and what was missed has been handed over."""

    def __init__(self, log: WireLog, hear: Hear, login: Login) -> None:
        self.hear = hear
        self.logged_on = False
        self.up = threading.Event()
        self.wire: Wire | None = None  # the last message of ours that went out
        self.probe = ""  # TestReqID that says, once it comes back, that nothing is missing any more
        self.probe_wanted = threading.Event()
        self._log = log
        self._login = login
        self._texts: dict[int, bytes] = {}
        self._why = ""
        self._said: set[str] = set()

    # -- what the session says of itself -----------------------------------------------------------------------------

    @_caught
    def on_logon(self) -> None:
        """Logged on; messages may still be missing."""
        self.logged_on = True
        self._said.clear()
        self._ask()

    @_caught
    def on_logout(self) -> None:
        """Lost, or never reached."""
        was, self.logged_on = self.logged_on, False
        self.up.clear()
        self.probe = ""
        self.probe_wanted.clear()
        self._texts.clear()
        why, self._why = self._why, ""
        if why:
            self.event(f"logged out: {why}")
        if was:
            self.hear(Down(f"FIX session: logged out{': ' + why if why else ''}"))

    @_caught
    def event(self, text: str) -> None:
        """The library says something in words: what keeps the session from being up is said on, once."""
        if not self.logged_on and text not in self._said and not text.startswith(_ROUTINE):
            self._said.add(text)
            self.hear(Warned(f"FIX session: {text}", b""))

    def _ask(self) -> None:
        self.up.clear()
        self.probe = f"UP-{secrets.token_hex(4)}"
        self.probe_wanted.set()

    # -- texts, before the library looks at them or after it is done --------------------------------------------------

    @_caught
    def incoming(self, text: str) -> None:
        """A whole message came in."""
        raw = as_bytes(text)
        seq = first(raw, 34, _HEAD)
        if first(raw, 35, _HEAD).decode("latin-1") in _ADMIN or not seq.isdigit():
            return
        if len(self._texts) >= _PENDING:
            self._texts.pop(next(iter(self._texts)))
        self._texts[int(seq)] = raw

    @_caught
    def outgoing(self, text: str) -> None:
        """A message goes out, right now."""
        raw = as_bytes(text)
        kind = first(raw, 35, _HEAD).decode("latin-1")
        if kind == "2":  # something is missing: until it is here, nothing new may be sent
            self._ask()
            self.hear(Down("FIX session: messages are missing, they are asked for again"))
        elif kind in {"3", "j"}:
            self._refused(raw, kind)
        elif kind not in _ADMIN:
            self.wire = Wire(raw, int(first(raw, 34, _HEAD)))
            self._log.sent(raw, time.time_ns())

    def _refused(self, raw: bytes, kind: str) -> None:
        """The library refused a message of theirs: it is taken in all the same."""
        seq, why = first(raw, 45), first(raw, 58).decode("latin-1")
        kept = self._texts.pop(int(seq), None) if seq.isdigit() else None
        taken = "it is taken in all the same" if kept is not None else "it was none of an order"
        self.hear(Warned(f"FIX session: message {seq.decode('latin-1')} refused with 35={kind} ({why}); {taken}", raw))
        if kept is not None:
            self._take(kept)

    # -- messages the library hands over ------------------------------------------------------------------------------

    @_caught
    def from_app(self, seq: int, text: str) -> None:
        """A message in its turn."""
        kept = self._texts.pop(seq, None)
        self._take(kept if kept is not None else as_bytes(text))

    @_caught
    def from_admin(self, seq: int, kind: str, text: str) -> None:
        """A message of the session."""
        raw = as_bytes(text)
        if kind == "0" and self.probe and first(raw, 112) == self.probe.encode():
            self.probe = ""
            self.up.set()
            self.hear(Up(time.time_ns()))
        elif kind == "3":
            kept = self._texts.pop(seq, None)
            self._take(kept if kept is not None else raw)
        elif kind == "5":
            self._why = first(raw, 58).decode("latin-1") or "by the other side"

    def _take(self, raw: bytes) -> None:
        now = time.time_ns()
        self.hear(Received(self._log.received(raw, now), now, raw))

    # -- messages of ours ----------------------------------------------------------------------------------------------

    def may_go(self, kind: str, *, again: bool) -> bool:
        """False keeps a message from going out, now and later."""
        return self.logged_on and not (again and kind in ORDERS) and (self.up.is_set() or kind not in ORDERS)

    def login(self) -> list[tuple[int, str]]:
        """Tags a logon carries beside the library's."""
        named = [(553, self._login.user)] if self._login.user else []
        return [*named, (554, self._login.password.reveal())] if self._login.password else named
