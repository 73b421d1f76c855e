"""The line to a real EMS: a FIX session behind the face of EmsLink."""

import threading
import time
from pathlib import Path
from typing import Any, Final

from app.control.fix.ears import Ears, Login, Wire
from app.control.fix.faces import application, log_factory
from app.control.fix.library import library
from app.control.fix.wire_log import WireLog
from app.control.fix.wiring import write_settings
from app.control.link import Clock, Hear, LinkDownError, Received, Sent
from app.engine.errors import FeedError
from app.settings_ems import Ems
from app.settings_sources import revealed

BEAT_S: Final = 0.05
AWAY_S: Final = 10.0  # not logged on for so long is said
PROBE_S: Final = 0.5
LOGOUT_S: Final = 2.0  # the other side's answer to our logout is waited for
_HEADER: Final = frozenset({b"8", b"9", b"34", b"35", b"43", b"49", b"52", b"56", b"122"})
_NOT_UP: Final = "session is not logged on, or messages are still missing: nothing was sent"


class FixLink:
    """One initiator session. `folder`: its sequence numbers, dictionaries and the log of its messages."""

    def __init__(self, ems: Ems, folder: Path) -> None:
        """Raises FeedError where the library is not installed, SettingsError for a setting that cannot be used."""
        self._fix = library()
        self._ems = ems
        self._login = Login(ems.user, revealed(ems.password, "ems.password"))
        self._file = write_settings(ems, folder)
        self.log = WireLog(folder / "messages.log", ems.target)
        self._ears: Ears | None = None
        self._initiator: Any = None
        self._session: Any = None
        self._kept: list[Any] = []
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, known: int, hear: Hear) -> None:
        """As EmsLink. What was received before and not taken in is handed over first."""
        for number, heard in self.log.after(known):
            hear(Received(number, heard.at_ns, heard.raw))
        fix = self._fix
        ears = self._ears = Ears(self.log, hear, self._login)
        try:
            settings = fix.SessionSettings(str(self._file))
            self._kept = [settings, application(fix, ears), fix.FileStoreFactory(settings), log_factory(fix, ears)]
            _, heart, store, log = self._kept
            maker = fix.SSLSocketInitiator if self._ems.tls else fix.SocketInitiator
            self._initiator = maker(heart, store, settings, log)
            self._initiator.start()
        except (fix.ConfigError, fix.RuntimeError) as error:
            raise FeedError(f"FIX session: {error}") from error
        self._session = next(iter(self._initiator.getSessions()))
        self._thread = threading.Thread(target=self._beat, args=(ears, hear), daemon=True)
        self._thread.start()

    def send(self, raw: bytes) -> Sent:
        """As EmsLink: the fields of a message go out in their order, under the session's own header."""
        ears = self._ears
        if ears is None or not ears.up.is_set():
            raise LinkDownError(_NOT_UP)
        ears.wire = None
        fault = ""
        try:
            self._fix.Session.sendToTarget(self._message(raw), self._session)
        except Exception as error:  # noqa: BLE001 - the library's; what counts is whether bytes went out
            fault = str(error) or type(error).__name__
        sent: Wire | None = ears.wire
        if sent is None:
            raise LinkDownError(f"session was lost: nothing was sent{': ' + fault if fault else ''}")
        if fault or not ears.logged_on:
            raise FeedError(f"session was lost while it was sent{': ' + fault if fault else ''}")
        return Sent(sent.raw, sent.seq)

    def stop(self) -> None:
        """As EmsLink: logged out and ended before the interpreter is."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join(LOGOUT_S)
        initiator, self._initiator = self._initiator, None
        if initiator is not None and self._ears is not None:
            self._fix.Session.lookupSession(self._session).logout()
            end = time.monotonic() + LOGOUT_S
            while self._ears.logged_on and time.monotonic() < end:
                time.sleep(0.01)
            initiator.stop(True)
            del initiator
        self._kept = []
        self.log.close()

    def _message(self, raw: bytes) -> Any:
        """The fields as one that holds them all: the library would sort them, and take repeated ones apart."""
        fields = [field.partition(b"=") for field in raw.split(b"\x01")[:-2]]
        kind = next(value for tag, _, value in fields if tag == b"35")
        body = [
            (tag, self._shortened(value) if tag == b"60" else value) for tag, _, value in fields if tag not in _HEADER
        ]
        text = b"\x01".join(b"%b=%b" % pair for pair in body).decode("utf-8", "surrogateescape")
        tag, _, rest = text.partition("=")
        message = self._fix.Message()
        message.getHeader().setField(self._fix.StringField(35, kind.decode("latin-1")))
        message.setField(self._fix.StringField(int(tag), rest))
        return message

    def _shortened(self, stamp: bytes) -> bytes:
        """TransactTime with as many digits as the session has."""
        seconds, _, fraction = stamp.partition(b".")
        digits = fraction[: self._ems.stamp_digits]
        return seconds + (b"." + digits if digits else b"")

    def _beat(self, ears: Ears, hear: Hear) -> None:
        """The time of the session, and the question whether anything is missing still."""
        probed, away = 0.0, time.monotonic()
        while not self._ended.is_set():
            wanted = ears.probe_wanted.wait(BEAT_S)
            ears.probe_wanted.clear()
            late = ears.logged_on and not ears.up.is_set() and time.monotonic() - probed > PROBE_S
            if wanted or late:
                probed = time.monotonic()
                self._probe(ears)
            if ears.logged_on:
                away = time.monotonic()
            elif time.monotonic() - away > AWAY_S:
                ears.event(
                    f"{self._ems.host}:{self._ems.port} is not reached, or does not log on; tried again and again"
                )
            hear(Clock(time.time_ns()))

    def _probe(self, ears: Ears) -> None:
        """Asked until it is answered: where numbers of ours were missing there, it was filled over with them."""
        message = self._fix.Message()
        message.getHeader().setField(self._fix.StringField(35, "1"))
        message.setField(self._fix.StringField(112, ears.probe))
        try:
            self._fix.Session.sendToTarget(message, self._session)
        except Exception:  # noqa: BLE001 - lost again; the next logon asks again
            return
