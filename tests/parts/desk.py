"""A control process with a FIX session to the scripted peer, and a board that says the market is fine."""

import os
import signal
import subprocess
import sys
import threading
import time
import tomllib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import numpy as np

from app.board import BoardWriter, blank
from app.control.asks import OrderState
from app.control.audit import verify
from app.control.client import ControlClient, ControlError
from app.control.core import Control
from app.control.process import ControlProcess, line_of
from app.engine.switch.facts import Target
from app.engine.switch.guard import Limits, Wish
from app.engine.units import NULL
from app.settings import DEFAULTS
from app.settings_ems import Ems
from tests.patience import eventually

QTY = 1000
PARENTS = 150
Found = TypeVar("Found")
TAGS = "1=ACC|15=USD|18=M|21=1|526={parent}|55=TECH|54=2|40=1|59=0|847=1|6404=30|9999=own"
LIMITS = Limits(order_gap_s=0.001, per_order_day=1000, per_user_minute=1000, per_firm_minute=1000)
PASSIVE = Target(strategy="PASSIVE", params={"MinClip": "200"})
PROFILE = """
name = "wire"
mode = "{mode}"
status_request = {status}
answer_s = {answer}
kill_wait_s = {kill_wait}
reconcile_s = 2.0
{more}
[pause]
tag = 6408
[strategies.VWAP]
wire = "1"
[strategies.VWAP.parameters.MaxPct]
tag = 6404
kind = "float"
default = "30"
[strategies.PASSIVE]
wire = "2"
[strategies.PASSIVE.parameters.MinClip]
tag = 6406
kind = "int"
default = "100"
[strategies.GROUPED]
wire = "3"
[strategies.GROUPED.parameters.Urgency]
default = "high"
[strategies.GROUPED.parameters.Style]
default = "calm"
"""


class Board:
    """The engine's board as the control process sees it; beats until it is closed."""

    def __init__(self, runtime: Path, parents: int = 1) -> None:
        self._writer = BoardWriter(runtime / "board", clock=time.monotonic_ns)
        for row in range(parents):
            parent = blank("parents")
            name = self._writer.intern(f"P{row + 1}")
            parent["parent_id"], parent["instrument"] = name, self._writer.intern("TECH")
            parent["order_qty"], parent["pct_adv"], parent["end_ns"], parent["basket_id"] = QTY, 0.05, NULL, 0
            self._writer.put("parents", np.array([row]), parent)
        self._ended = threading.Event()
        self._publish()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """The end, in good order."""
        self._ended.set()
        self._thread.join(5)
        with suppress(ValueError):
            self._writer.close()

    def _run(self) -> None:
        while not self._ended.wait(0.1):
            self._publish()

    def _publish(self) -> None:
        board, now = self._writer, time.time_ns()
        instrument = blank("instruments")
        instrument["instrument"], instrument["quality"] = board.intern("TECH"), board.intern("good")
        instrument["ts"], instrument["mid"] = now, 50.25
        board.put("instruments", np.array([0]), instrument)
        board.beat(now)


def ems_table(**keys: Any) -> Ems:
    """The [ems] table with some keys set."""
    return msgspec.convert(tomllib.loads(DEFAULTS.read_text("utf-8"))["ems"] | keys, Ems)


class Desk:
    """One client of the peer: its settings and, while it runs, its control process, in this process or in its own."""

    def __init__(
        self, runtime: Path, port: int, client: str, mode: str = "replace", *,
        status: bool = True, answer_s: float = 2.0, kill_wait_s: float = 0.5, more: str = "", board: bool = True,
        **ems: Any,
    ) -> None:  # fmt: skip
        """`board`: somebody else keeps one where it is False."""
        runtime.mkdir(parents=True, exist_ok=True)
        self.runtime = runtime
        profile = runtime / "profile.toml"
        profile.write_text(
            PROFILE.format(mode=mode, status=str(status).lower(), answer=answer_s, kill_wait=kill_wait_s, more=more)
        )
        keys = {"host": "127.0.0.1", "port": port, "sender": client, "target": "EMS", "reconnect_s": 1}
        self.keys = keys | {"heartbeat_s": 5, "profile": str(profile)} | ems
        self.board = Board(runtime, PARENTS) if board else None
        self.client = ControlClient(runtime)
        self.process: ControlProcess | None = None
        self.child: subprocess.Popen[bytes] | None = None
        self._thread: threading.Thread | None = None

    @property
    def control(self) -> Control:
        """Of the process that runs in this one."""
        assert self.process is not None
        return self.process.control

    def start(self) -> None:
        """In this process."""
        profile, link = line_of(ems_table(**self.keys), self.runtime)
        self.process = ControlProcess(self.runtime, profile, LIMITS, link)
        self._thread = threading.Thread(target=self.process.run, daemon=True)
        self._thread.start()

    def fork(self, *before: str, **environment: str) -> None:
        """As a process of its own, that may be killed."""
        settings = self.runtime / "settings.toml"
        limits = "".join(f"{name} = {getattr(LIMITS, name)}\n" for name in
                         ("order_gap_s", "per_order_day", "per_user_minute", "per_firm_minute"))  # fmt: skip
        keys = "".join(f"{name} = {msgspec.json.encode(value).decode()}\n" for name, value in self.keys.items())
        settings.write_text(f"[limits]\n{limits}[ems]\n{keys}")
        words = [*before, sys.executable, "-m", "app.control", str(self.runtime), str(settings), "live"]
        with (self.runtime / "control.log").open("ab") as log:
            self.child = subprocess.Popen(words, stderr=log, env={**os.environ, **environment})

    def kill(self) -> None:
        """At once, without a word to anybody."""
        assert self.child is not None
        self.child.send_signal(signal.SIGKILL)
        self.child.wait(20)
        self.child = None

    def stop(self) -> None:
        """In good order."""
        if self.process is not None:
            self.process.stop()
            assert self._thread is not None
            self._thread.join(15)
            assert not self._thread.is_alive()
            self.process = None
        if self.child is not None:
            self.child.send_signal(signal.SIGTERM)
            self.child.wait(20)
            self.child = None

    def close(self) -> None:
        """The end of everything; the audit must hold."""
        self.stop()
        if self.board is not None:
            self.board.close()
        self.client.close()
        lines, problems = verify(self.runtime / "control" / "audit.log")
        assert lines
        assert not problems

    # -- looking and acting --------------------------------------------------------------------------------------------

    def online(self) -> None:
        """Wait for the session."""
        eventually(lambda: self._asked(lambda: self.client.states().online), 25, self._words)

    def order(self, order_id: str = "O1") -> OrderState | None:
        """An order as the control process knows it."""
        return self._asked(lambda: next((o for o in self.client.states().orders if o.order_id == order_id), None))

    def working(self, order_id: str = "O1") -> OrderState:
        """Wait until it is known."""
        return eventually(lambda: self.order(order_id), 40, self._words)

    def reached(self, *codes: str, order_id: str = "O1") -> OrderState:
        """Wait until the order is in one of these states."""
        return self.until(lambda order: order.state in codes, order_id)

    def until(self, holds: Callable[[OrderState], bool], order_id: str = "O1") -> OrderState:
        """Wait until something holds of an order."""
        seen: list[OrderState] = []

        def look() -> OrderState | None:
            order = self.order(order_id)
            if order is not None:
                seen[:] = [order]
            return order if order is not None and holds(order) else None

        return eventually(look, 15, lambda: f"{seen} {self._words()}")

    def switch(self, target: Target = PASSIVE, order_id: str = "O1") -> str:
        """Pre-flight and confirm."""
        order = self.working(order_id)
        return self.client.confirm(self.client.switch(order_id, order.version, target).token)

    def reenter(self, target: Target, order_id: str = "O1") -> str:
        """Pre-flight and confirm of shares that stopped working."""
        wish = Wish(action="reenter", order_id=order_id, version=self.working(order_id).version, target=target)
        return self.client.confirm(self.client.preflight(wish).token)

    def _asked(self, question: Callable[[], Found]) -> Found | None:
        try:
            return question()
        except ControlError:
            return None

    def _words(self) -> str:
        log = self.runtime / "control.log"
        return log.read_text() if log.exists() else ""


__all__ = ["LIMITS", "PASSIVE", "PROFILE", "QTY", "TAGS", "Board", "Desk", "ems_table"]
