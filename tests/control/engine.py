"""A stand-in for the engine's process: it steps a made day, keeps the EMS's door and a board with one parent."""

import threading
import time
from pathlib import Path

import numpy as np

from app.board import BoardWriter, blank
from app.control.client import ControlClient
from app.control.process import ControlProcess
from app.engine.switch.guard import Limits
from app.engine.switch.profile import Profile
from app.engine.units import MILLISECOND, NULL
from app.feeds.simulator.ems import Script
from app.runtime.ems_port import EmsPort
from tests.control.made import PROFILE, T0, MadeDesk, MadeFeed

STEP_NS = 200 * MILLISECOND


class MadeEngine:
    """Runs until stopped, `step_ns` of event time every 5 ms. `frozen`: it stands still, its door stays."""

    def __init__(self, runtime: Path, script: Script | None = None, step_ns: int = STEP_NS) -> None:
        (runtime / "sockets").mkdir(parents=True, exist_ok=True)
        self.desk = MadeDesk(PROFILE, script, clip=1)
        self.feed = MadeFeed(self.desk, 100_000)
        self.port = EmsPort(runtime / "sockets" / "ems.json")
        self.frozen = threading.Event()
        self._step_ns = step_ns
        self._board = BoardWriter(runtime / "board", clock=time.monotonic_ns)
        self._ended = threading.Event()
        self._position = T0
        self._publish(T0)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """The end, in good order."""
        if not self._ended.is_set():
            self._ended.set()
            self._thread.join(5)
            self.port.close()
            self._board.close()

    def _run(self) -> None:
        while not self._ended.wait(0.005):
            if self.frozen.is_set():
                continue
            for message in self.port.outgoing(self._position):
                self.feed.receive(message, self._position)
            self._position += self._step_ns
            self.port.incoming(self.feed.advance(self._position).replies)
            self._publish(self._position)

    def _publish(self, now: int) -> None:
        board = self._board
        parent, instrument = blank("parents"), blank("instruments")
        parent["parent_id"], parent["instrument"] = board.intern("TECH"), board.intern("TECH")
        parent["order_qty"], parent["pct_adv"], parent["end_ns"] = 1000, 0.05, NULL
        parent["expected_finish_ns"], parent["participation"] = now, 0.2
        parent["basket_id"] = 0
        instrument["instrument"], instrument["quality"] = board.intern("TECH"), board.intern("good")
        instrument["ts"], instrument["mid"] = now, 50.25
        board.put("parents", np.array([0]), parent)
        board.put("instruments", np.array([0]), instrument)
        board.beat(now)


class Running:
    """A control process in a thread, and a client."""

    def __init__(self, runtime: Path, profile: Profile = PROFILE, limits: Limits | None = None) -> None:
        self.process = ControlProcess(runtime, profile, limits or Limits())
        self.client = ControlClient(runtime)
        self._thread = threading.Thread(target=self.process.run, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """The end, in good order."""
        self.client.close()
        self.process.stop()
        self._thread.join(10)
        assert not self._thread.is_alive()
