"""The desk's hand on a supervised session: playback, why the engine ended, starting it anew. Never waits, never Numba.

Wishes go out on a thread of their own, the newest in place of older ones that nobody has heard yet.
"""

import os
import signal
import threading
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from app.engine.errors import FeedError
from app.runtime.channel import Line
from app.session.runtime_folder import Role, RuntimeFolder
from app.session.supervisor import Order
from app.session.wishes import Wish

_PATIENCE_S: Final = 2.0
_AGAIN_S: Final = 0.2


class SessionHand:
    """What may be asked of a running session; every call returns at once."""

    def __init__(self, runtime: Path) -> None:
        self._folder = RuntimeFolder(runtime)
        session = self._folder.session()
        self._wish = Wish(speed=session.speed if session is not None else None)
        self._engine = Line(self._folder.socket("engine"), _PATIENCE_S)
        self._supervisor = Line(self._folder.socket("supervisor"), _PATIENCE_S)
        self._unsaid: Wish | None = None
        self._changed = threading.Condition()
        self._closed = False
        threading.Thread(target=self._speak, daemon=True).start()

    @property
    def title(self) -> str:
        """Name of what is run."""
        session = self._folder.session()
        return session.title if session is not None else self._folder.path.name

    def set_speed(self, speed: float | None) -> None:
        """Event seconds a second; None = as fast as it goes."""
        self._say(msgspec.structs.replace(self._wish, speed=speed, jump_ns=None))

    def pause(self) -> None:
        """Stand still; the engine stays alive."""
        self._say(msgspec.structs.replace(self._wish, paused=True, jump_ns=None))

    def resume(self) -> None:
        """Go on."""
        self._say(msgspec.structs.replace(self._wish, paused=False, jump_ns=None))

    def jump(self, ts_ns: int) -> None:
        """Go flat out to an event time, then on as before."""
        self._say(msgspec.structs.replace(self._wish, jump_ns=ts_ns))

    def reason(self, role: Role = "engine") -> str:
        """Why a process is not up, or why it had to be started again; "" when nothing is known."""
        with suppress(FeedError):
            status = self._folder.status()
            if status is not None and role in status.processes:
                if not status.supervisor.alive() and not status.closed:
                    return "nobody watches this session: its supervisor has died; `scorecard run` watches on"
                return status.processes[role].reason
        return ""

    def restart(self, role: Role = "engine") -> None:
        """Start a process anew that has failed for good."""
        question = msgspec.json.encode(Order(restart=role))

        def ask() -> None:
            with suppress(FeedError):
                self._supervisor.ask(question)

        threading.Thread(target=ask, daemon=True).start()

    def close(self) -> None:
        """Hang up."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _say(self, wish: Wish) -> None:
        with self._changed:
            self._wish = self._unsaid = wish
            self._changed.notify_all()

    def _speak(self) -> None:
        while True:
            with self._changed:
                while self._unsaid is None and not self._closed:
                    self._changed.wait()
                wish = self._unsaid
                if wish is None:
                    return
            try:
                self._engine.ask(msgspec.json.encode(wish))
            except FeedError:  # it is being started again: what was wished for last is said to the next one
                with self._changed:
                    if self._closed:
                        return
                    self._changed.wait(_AGAIN_S)
                continue
            with self._changed:
                if self._unsaid is wish:
                    self._unsaid = None


def stop_session(runtime: Path, patience_s: float = 20.0) -> str:
    """End a session: in good order where it runs, else what a killed one has left is put in order.

    What was found, in words; "" when nothing was begun or it had ended. Raises FeedError when it does not end in time.
    """
    folder = RuntimeFolder(runtime)
    status = folder.status()
    if status is None or (status.closed and not folder.running()):
        return ""
    if status.supervisor.alive():
        with suppress(FeedError):
            Line(folder.socket("supervisor"), 2.0).ask(msgspec.json.encode(Order(stop=True)))
        _wait_until_ended(folder, patience_s)
        return "ended"
    left = [role for role, known in status.processes.items() if known.identity is not None and known.identity.alive()]
    for role in left:
        identity = status.processes[role].identity
        if identity is not None:
            with suppress(ProcessLookupError):
                os.kill(identity.pid, signal.SIGTERM)
    _wait_until_ended(folder, patience_s)
    cleared = folder.clear_up()
    gone = [role for role in status.processes if role not in left]
    said = ["the session had been killed: its supervisor was gone"]
    said += [f"{', '.join(gone)} too"] if gone else []
    said += [f"ended what still ran: {', '.join(left)}"] if left else []
    return "; ".join([*said, f"cleared {cleared} files of theirs; tape, states and audit are kept until the next run"])


def _wait_until_ended(folder: RuntimeFolder, patience_s: float) -> None:
    ended = threading.Event()
    waited = 0.0
    while folder.running():
        if waited >= patience_s:
            raise FeedError(f"{folder.path}: the session does not end within {patience_s:g} s")
        ended.wait(0.05)
        waited += 0.05
