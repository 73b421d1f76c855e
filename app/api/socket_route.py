"""The WebSocket route, and what the routes answer from."""

import asyncio
import re
from dataclasses import dataclass
from typing import Final

from fastapi import FastAPI, WebSocket, WebSocketDisconnect

from app.api import figures
from app.api.acts import Acts
from app.api.answers import Answers
from app.api.doorkeeper import Doorkeeper
from app.api.port import ControlPort
from app.api.problems import Problem
from app.api.state import Health
from app.api.stream import Hub, Stream, Wanted
from app.api.view import BoardView, Place

STREAMED: Final = 200  # parents a stream may name
TELL: Final = "scorecard.tell"  # in a scope: sends a text at once, or says that it cannot (app.api.server)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the routes answer from."""

    view: BoardView
    answers: Answers
    hub: Hub
    acts: Acts
    port: ControlPort
    doorkeeper: Doorkeeper
    health: Health
    streams: int


def chosen_fields(text: str) -> tuple[str, ...]:
    """Columns by name, comma between; the usual ones where none is named. Raises Problem 422."""
    if not text:
        return figures.SUMMARY
    names = tuple(dict.fromkeys(text.split(",")))
    wrong = [name for name in names if name not in figures.COLUMNS]
    if wrong:
        raise Problem(422, f"query.fields: {', '.join(wrong)[:200]}: allowed are columns of parents: see /v1/columns")
    return names


def mount_stream(app: FastAPI, parts: Parts) -> None:
    """The WebSocket of changes."""

    @app.websocket("/v1/stream")
    async def stream(websocket: WebSocket) -> None:
        metrics = parts.health.counted
        try:
            since, wanted = _resumed(websocket), _wanted(websocket)
            _room(metrics.streams, parts.streams)
        except Problem as problem:
            await websocket.close(1008, problem.words[:100])
            return
        await websocket.accept()
        metrics.streams += 1

        tell = websocket.scope.get(TELL, _not_told)

        async def send(frame: bytes) -> None:
            if not tell(frame):
                await websocket.send({"type": "websocket.send", "text": frame.decode()})

        told = Stream(parts.hub, websocket.scope["caller"], parts.doorkeeper.still)
        telling = asyncio.create_task(told.run(since, wanted, send))
        leaving = asyncio.create_task(_left(websocket))
        try:
            await asyncio.wait({telling, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if telling.done():
                await _closed(websocket, telling)
        finally:
            metrics.streams -= 1
            for task in (telling, leaving):
                task.cancel()
            await asyncio.gather(telling, leaving, return_exceptions=True)


def _not_told(_frame: bytes) -> bool:
    return False


async def _left(websocket: WebSocket) -> None:
    """Until the reader leaves; whatever it says is passed over."""
    while (await websocket.receive())["type"] != "websocket.disconnect":
        pass


async def _closed(websocket: WebSocket, telling: asyncio.Task[None]) -> None:
    """Say why nothing more will come, where somebody still listens."""
    try:
        telling.result()
        await websocket.close(1001, "the API ends")
    except Problem as problem:
        await websocket.close(1008, problem.words[:100])
    except (WebSocketDisconnect, TimeoutError, OSError, RuntimeError):
        return  # it has left, or takes nothing


def _room(open_now: int, most: int) -> None:
    if open_now >= most:
        raise Problem(429, f"{most} streams are open already", 5.0)


_PLACE: Final = re.compile(r"(\d{1,15}):(\d{1,18})")


def _resumed(websocket: WebSocket) -> Place:
    """`since=EPOCH:GENERATION` of the frame to go on from. Raises Problem."""
    text = websocket.query_params.get("since", "0:0")
    found = _PLACE.fullmatch(text)
    if found is None:
        raise Problem(422, f"since = {text[:40]!r} is not allowed; allowed: EPOCH:GENERATION")
    return Place(int(found[1]), int(found[2]))


def _wanted(websocket: WebSocket) -> Wanted:
    names = [name for name in websocket.query_params.get("parents", "").split(",") if name]
    if len(names) > STREAMED:
        raise Problem(422, f"parents: at most {STREAMED} can be named")
    return Wanted(frozenset(names), chosen_fields(websocket.query_params.get("fields", "")))
