"""The API of a session: everything put together, run until stopped."""

import asyncio
import contextlib
import time
from collections.abc import Callable
from pathlib import Path

from app.api.acts import Acts
from app.api.answers import Answers
from app.api.app import build
from app.api.doorkeeper import Doorkeeper
from app.api.gate import Gate, Limits
from app.api.metrics import Metrics
from app.api.once import Once
from app.api.port import ControlPort
from app.api.ready import ReadyAnswers
from app.api.server import Peers, Server, context_of, loop_factory, url_of
from app.api.socket_route import Parts
from app.api.state import Health
from app.api.stream import Hub
from app.api.tokens import TokenFile
from app.api.trail import AuditTrail, ViewLog
from app.api.view import BoardView
from app.entitlements import Entitlements
from app.settings_api import Api

SWEEP_S = 5.0


class Service:
    """Answers from the board in `board`; keeps its own files in `home`; asks the control process through `port`."""

    def __init__(self, api: Api, places: tuple[Path, Path], port: ControlPort, admitted: Doorkeeper) -> None:
        board, home = places
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._api = api
        self._stopping = asyncio.Event()
        self.view = BoardView(board)
        metrics = Metrics()
        answers = Answers(self.view)
        self.trail = AuditTrail(port, home / "unrecorded.jsonl")
        self.views = ViewLog(home / "views.jsonl")
        self.once = Once(home / "once.jsonl", time.time_ns())
        self.hub = Hub(self.view, answers, metrics)
        self.acts = Acts(port, self.view, self.once, metrics)
        health = Health(self.view, self.trail, admitted, metrics)
        self.peers: Peers = {}
        self.app = build(Parts(
            view=self.view, answers=answers, hub=self.hub, acts=self.acts, port=port, doorkeeper=admitted,
            health=health, streams=api.streams,
        ))  # fmt: skip
        limits = Limits(api.rate, api.burst, api.acts_minute, api.body_bytes, api.header_s, api.request_s)
        ready = ReadyAnswers(answers)
        self.gate = Gate(self.app, admitted, limits, self.trail, self.views, metrics, self.peers, ready)

    def look(self) -> None:
        """One look at the board; streams are woken when it has changed."""
        if self.view.look():
            self.hub.wake()

    async def run(self, password: str, up: Callable[[str], None]) -> None:
        """Serve until `stop`; `up` is told where once it listens."""
        server = Server(self.gate, self._api, context_of(self._api, password), self.peers)
        beside = [asyncio.create_task(task) for task in (self._looking(), self.trail.run(), self._sweeping())]
        serving = asyncio.create_task(server.serve_quietly())
        try:
            await _first(server.listening, serving)
            if server.listening.is_set():
                up(url_of(self._api, server.port()))
            await _first(self._stopping, serving)
            self.hub.end()
            server.should_exit = True
            await serving
        finally:
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)
            await self.close()

    def stop(self) -> None:
        """End in good order; from the loop's own thread."""
        self._stopping.set()

    async def close(self) -> None:
        """What was noted is written."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(2.0):
                await self.trail.flush()
        self.acts.close()
        self.views.close()
        self.once.close()

    async def _looking(self) -> None:
        pause, clock = self._api.look_ms / 1000.0, asyncio.get_running_loop().time
        while True:
            self.look()
            self.hub.tick(clock())
            await asyncio.sleep(pause)

    async def _sweeping(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_S)
            self.views.sweep()


async def _first(event: asyncio.Event, serving: asyncio.Task[None]) -> None:
    """Until the event, or until nothing is served any more."""
    waiting = asyncio.create_task(event.wait())
    await asyncio.wait({waiting, serving}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()


def admitted(tokens: Path, people: Entitlements) -> Doorkeeper:
    """Who is let in: by the tokens of a file, as the people of another."""
    return Doorkeeper(TokenFile(tokens), people)


__all__ = ["Service", "admitted", "loop_factory"]
