"""The control process: one thread decides; door and line hand it questions and messages, deadlines wake it.

<runtime>/sockets/control.json   the door desks knock at        <runtime>/sockets/ems.json   the EMS of the session
<runtime>/board                  read for freshness             <runtime>/control            states, audit, journal
"""

import gc
import os
import pwd
import signal
import socket
import sys
import threading
import time
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Final

import msgspec

from app.control.answering import Answering
from app.control.asks import Forecast, Question, Refused, Reply
from app.control.board import ControlBoard
from app.control.brokers import Broker, read_broker
from app.control.core import Control
from app.control.fix.link import FixLink
from app.control.link import Clock, Down, EmsLink, EventQueue, LinkEvent, Received, SimulatedLink, Up, Warned
from app.control.outlook import Ahead
from app.control.rules import RuleBook, read_rules
from app.control.ruling import Ruling, day_of
from app.control.settling import Settler
from app.control.sight import BoardSight
from app.engine.errors import ScorecardError
from app.engine.switch.guard import Limits, Market
from app.engine.switch.order import Order
from app.engine.switch.profile import Profile
from app.entitlements import Entitlements, barred
from app.runtime.channel import Door, write_private
from app.settings import RESOURCES, load_settings
from app.settings_ems import Ems

BEAT_S: Final = 0.1
LIVE: Final = "live"  # the word of a live session
ANSWER_S: Final = 10.0
SWITCH_S: Final = 0.0005  # threads hand over ten times as often as usual: a confirm waits for none that computes
DEFAULT_PROFILE: Final = RESOURCES / "profiles" / "sim.toml"


class _Asked(msgspec.Struct):
    """A question from the door, waiting for its answer."""

    question: Question
    reply: "Future[Reply]"


class _Stop(msgspec.Struct):
    """End in good order."""


class ControlProcess:
    """Everything of the process but its signals: `run` returns when it was asked to stop."""

    def __init__(self, runtime: Path, profile: Profile, limits: Limits, link: EmsLink | None = None) -> None:
        self._runtime = runtime
        self._events = EventQueue()
        self._link = link or SimulatedLink(runtime / "sockets" / "ems.json")
        self._board_sight = BoardSight(runtime / "board")
        self._fault = "engine's board was not looked at yet"
        folder = runtime / "control"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.control = Control(
            profile=profile, limits=limits, send=self._link.send, source=self, folder=folder,
            host=socket.gethostname().replace("-", "") or "host", wall_ns=time.time_ns(),
        )  # fmt: skip
        self._settler = Settler(self.control.audit)
        self.control.settle = self._settler.soon
        self._answering = Answering(self.control)
        self._board = ControlBoard(folder, time.monotonic_ns)
        self._user = user_name()
        self._said: dict[str, str] = {}
        self._ruling: Ruling | None = None

    def market(self, order: Order, now: int) -> Market:
        """As MarketSource: looked at now."""
        self._fault = self._board_sight.watch(time.monotonic_ns())
        return self._board_sight.market(order, now, self._fault)

    def forecast(self, order: Order) -> Forecast:
        """As the board has it."""
        return self._board_sight.forecast(order)

    def ahead(self, order: Order) -> Ahead:
        """As the board has it."""
        return self._board_sight.ahead(order)

    def admit(self, people: Entitlements, login: str) -> None:
        """Whose orders each user may act on, and who sits at the desk ("" = the system's login)."""
        self._user = login or user_name()

        def why_not(user: str, order: Order) -> str:
            people.refresh()
            return barred(people.of(user), lambda: self._board_sight.belonging(order))

        self.control.barred = why_not

    def follow(self, broker: Broker, rules: str) -> None:
        """The broker's own forms and rules, and the desk's rules of a file, "" = none. Raises ScorecardError."""
        self.control.broker = broker
        tables = read_rules(Path(rules).expanduser(), broker.profile) if rules else {}
        day = day_of(time.time_ns(), broker.zone)
        book = RuleBook(tables, self._runtime / "control" / "rules.json", day)
        self._answering.book = book
        self._ruling = Ruling(self.control, self._answering, book, self._board_sight)

    def stop(self) -> None:
        """From any thread."""
        self._events.put(_Stop())

    def run(self) -> None:
        """Until stopped: answer, listen, keep deadlines, publish."""
        (self._runtime / "sockets").mkdir(parents=True, exist_ok=True, mode=0o700)
        self._link.start(self.control.known, self._events.put)
        with Door(self._runtime / "sockets" / "control.json", self._ask):
            try:
                self._loop()
            finally:
                self._link.stop()
                self._publish()
                self._board.close()
                self._settler.close()
                self.control.close()

    def _loop(self) -> None:
        beat = 0.0
        while True:
            event = self._events.get(max(BEAT_S - (time.monotonic() - beat), 0.0))
            while event is not None:
                if isinstance(event, _Stop):
                    return
                self._take(event)
                if isinstance(event, _Asked):
                    self._publish()
                if time.monotonic() - beat >= BEAT_S:
                    break
                event = self._events.get(0.0)
            if time.monotonic() - beat >= BEAT_S:
                beat = time.monotonic()
                self._fault = self._board_sight.watch(time.monotonic_ns())
                if self._ruling is not None:
                    self._ruling.beat(self._fault)
                self._settler.soon()
                self._publish()

    def _take(self, event: object) -> None:
        match event:
            case _Asked():
                try:
                    answer = self._answering.answer(event.question, self._user, time.time_ns())
                except BaseException as error:
                    event.reply.set_exception(error)
                    raise
                self._settler.then(partial(event.reply.set_result, answer))
            case Received() | Clock() | Up() | Down() | Warned():
                heard(self.control, event)
            case _:
                pass

    def _publish(self) -> None:
        session = "logged on" if self.control.session.online else "not logged on"
        for key, text in (("session", session), ("engine", self._fault or "fresh")):
            if self._said.get(key) != text:
                self._said[key] = text
                self._board.say(key, text)
        self._board.publish(self.control)

    def _ask(self, question: bytes) -> bytes:
        """In a thread of the door."""
        try:
            asked = _Asked(_DECODER.decode(question), Future())
        except msgspec.DecodeError as error:
            return msgspec.json.encode(Refused(words=f"not a question: {error}"))
        self._events.put(asked)
        try:
            return msgspec.json.encode(asked.reply.result(ANSWER_S))
        except (TimeoutError, ScorecardError) as error:
            return msgspec.json.encode(Refused(words=f"control process failed: {error}"))


_DECODER: Final = msgspec.json.Decoder(Question)


def heard(control: Control, event: LinkEvent) -> None:
    """Hand an event of the line to the control."""
    match event:
        case Received():
            control.received(event.raw, event.at_ns, event.number)
        case Clock():
            control.tick(event.now_ns)
        case Up():
            control.tick(event.now_ns)
            control.logged_on(up=True)
        case Down():
            control.logged_on(up=False)
        case Warned():
            control.warned(event.words, event.raw)


def user_name() -> str:
    """The operating system's login of this process: only he can read the key of its door."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid {os.getuid()}"


def profile_file(ems: Ems) -> Path:
    """The broker's profile of the settings, or the shipped one."""
    return Path(ems.profile).expanduser() if ems.profile else DEFAULT_PROFILE


def line_of(ems: Ems, folder: Path) -> tuple[Profile, EmsLink | None]:
    """The broker's profile and the session to the EMS; None: the line of a simulated session. Raises ScorecardError."""
    profile = load_profile(profile_file(ems))
    if not ems.host:
        return profile, None
    profile = msgspec.structs.replace(profile, sender=ems.sender, target=ems.target)
    return profile, FixLink(ems, folder / "control" / "fix")


def load_profile(path: Path = DEFAULT_PROFILE) -> Profile:
    """A broker profile from its TOML file, see `read_broker`."""
    return read_broker(path).profile


def main(words: list[str]) -> int:
    """Run the control process of a runtime folder until SIGTERM: RUNTIME [SETTINGS] [live].

    Only a live session talks to the EMS of the settings: a simulated world or a recording has its own line.
    """
    folder = Path(words[0]).absolute()
    file = next((Path(word) for word in words[1:] if word != LIVE), None)
    try:
        settings = load_settings(file)
        people = Entitlements(Path(settings.people.file) if settings.people.file else None)
        ems = settings.ems if LIVE in words[1:] else msgspec.structs.replace(settings.ems, host="")
        profile, link = line_of(ems, folder)
        process = ControlProcess(folder, profile, settings.limits, link)
        process.admit(people, settings.people.login)
        process.follow(read_broker(profile_file(settings.ems)), settings.rules.file)
    except ScorecardError as error:  # a file somebody has to look at
        return _refused(folder, error)

    def stop(_number: int, _frame: FrameType | None) -> None:
        threading.Thread(target=process.stop, daemon=True).start()

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the supervisor decides
    signal.signal(signal.SIGTERM, stop)
    sys.setswitchinterval(SWITCH_S)
    gc.collect()
    gc.freeze()  # what is there now stays: to look at it again would take milliseconds, at any moment
    try:
        process.run()
    except ScorecardError as error:
        return _refused(folder, error)
    return 0


def _refused(folder: Path, error: ScorecardError) -> int:
    """Why it cannot run, in words: to the supervisor and the log of this process."""
    write_private(folder / "control.words", str(error).encode())
    sys.stderr.write(f"{error}\n")
    return 1
