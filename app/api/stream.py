"""Streams of changes: every stream stands at a place of the board and is told what has changed since, as it is now.

A slow reader is not told every change in between, only what is true when it can read again. One that comes back with
the place it had reached goes on from there; where the board no longer knows what has changed since, it is told so
(`reset`) and gets everything it may see.
"""

import asyncio
import math
from collections.abc import Callable
from typing import Any, Final, NamedTuple

import msgspec

from app.api.answers import Answers
from app.api.doorkeeper import Caller
from app.api.metrics import Metrics
from app.api.problems import Problem
from app.api.view import BoardView, Place
from app.entitlements import Grants

AT_ONCE: Final = 100  # parents in one frame
SEND_S: Final = 10.0  # a reader that takes nothing for so long is let go
STILL_S: Final = 1.0  # how often it is asked whether the token still stands
BEAT_S: Final = 5.0  # a frame without changes, so that silence means something
_FRESH: Final = "everything, from the beginning"
_LOST: Final = "what changed since is not known any more: everything"
_ENCODER: Final = msgspec.json.Encoder()


class Wanted(NamedTuple):
    """What a stream is about: these parents, () = all the caller may see; these columns."""

    parents: frozenset[str]
    fields: tuple[str, ...]


class Plan(NamedTuple):
    """Frames to send: a reset first where one is due, then parents in parts, only the last one without `more`."""

    place: Place
    head: dict[str, Any]
    reset: bytes
    parts: list[list[int]]
    made: dict[int, bytes]  # number of a part -> its frame, made for the first who sends it


class Hub:
    """Wakes the streams after each look; frames that many of them get are made once."""

    def __init__(self, view: BoardView, answers: Answers, metrics: Metrics) -> None:
        self.view = view
        self.metrics = metrics
        self._answers = answers
        self.ended = False
        self._looked = asyncio.Event()
        self._turned = 0.0
        self._plans: dict[tuple[Place, Grants, Wanted], Plan] = {}
        self.streams: set[Stream] = set()

    def wake(self) -> None:
        """The board has changed."""
        self._plans.clear()
        self._turn()

    def tick(self, now: float) -> None:
        """From time to time: streams ask again who they are, and one whose reader takes nothing is let go."""
        if now - self._turned < STILL_S:
            return
        self._turned = now
        for stream in self.streams:
            stream.late(now)
        self._turn()

    def end(self) -> None:
        """Every stream is let go."""
        self.ended = True
        self.wake()

    async def changed(self, place: Place) -> None:
        """Until the board is not at this place any more, or the next tick."""
        if place == self.view.place:
            await self._looked.wait()

    def plan(self, place: Place, grants: Grants, wanted: Wanted) -> Plan:
        """What a stream that stands at a place is to be told, and where it stands then."""
        key = (place, grants, wanted)
        known = self._plans.get(key)
        if known is None:
            known = self._plans[key] = self._planned(place, grants, wanted)
        return known

    def frame(self, plan: Plan, number: int, fields: tuple[str, ...]) -> bytes:
        """One of the frames of a plan. Its rows are as they were at its place or later."""
        known = plan.made.get(number)
        if known is None:
            parents = b",".join([self._answers.summary(row, fields) for row in plan.parts[number]])
            head = {"type": "changes", **plan.head, "more": number + 1 < len(plan.parts)}
            known = plan.made[number] = b'%b,"parents":[%b]}' % (_ENCODER.encode(head)[:-1], parents)
        return known

    def _turn(self) -> None:
        looked, self._looked = self._looked, asyncio.Event()
        looked.set()

    def _planned(self, place: Place, grants: Grants, wanted: Wanted) -> Plan:
        view = self.view
        news = view.since(place)
        named = {row for row in (view.rows.get(name) for name in wanted.parents) if row is not None}
        fresh = [row for row in news.parents.tolist() if view.parents["parent_id"][row] and view.sees(grants, row)]
        rows = view.visible(grants) if news.missed else fresh
        if wanted.parents:
            rows = [row for row in rows if row in named]
        parts = [rows[k : k + AT_ONCE] for k in range(0, len(rows), AT_ONCE)]
        reset = b""
        if news.missed:
            words = _FRESH if place == Place(0, 0) else _LOST
            reset = _ENCODER.encode({"type": "reset", "reason": words, **at(view)})
            parts = parts or [[]]
        return Plan(view.place, at(view), reset, parts, {})


class Stream:
    """One stream: `send` a text frame, `still` says what the caller may now, or raises Problem."""

    def __init__(self, hub: Hub, caller: Caller, still: Callable[[Caller], Caller]) -> None:
        self._hub = hub
        self._caller = caller
        self._still = still
        self._sending = math.inf  # since when a frame has been on its way
        self._limit = asyncio.timeout(None)

    async def run(self, since: Place, wanted: Wanted, send: Callable[[bytes], Any]) -> None:
        """Tell changes until the hub ends. Raises Problem when he may not any more, TimeoutError when he hangs."""
        self._hub.streams.add(self)
        try:
            async with self._limit:
                await self._tell(since, wanted, send)
        finally:
            self._hub.streams.discard(self)

    def late(self, now: float) -> None:
        """End it where the frame on its way has been so for too long; `now` by the loop's clock."""
        if now - self._sending > SEND_S:
            self._sending = math.inf
            self._limit.reschedule(0.0)  # long ago: at once

    async def _tell(self, since: Place, wanted: Wanted, send: Callable[[bytes], Any]) -> None:
        hub, place, quiet, asked = self._hub, since, 0.0, 0.0
        clock = asyncio.get_running_loop().time
        while not hub.ended:
            now = clock()
            if now - asked >= STILL_S:
                before, self._caller, asked = self._caller.grants, self._still(self._caller), now
                if not self._caller.grants.may("read"):
                    raise Problem(403, "you may not read any more")
                if before != self._caller.grants:  # other rows are his now
                    place = Place(0, 0)
            plan = hub.plan(place, self._caller.grants, wanted)
            if not plan.parts and not plan.reset and now - quiet >= BEAT_S:
                plan = plan._replace(reset=_ENCODER.encode({"type": "beat", **at(hub.view)}))
            if plan.reset:
                await self._send(plan.reset, send, now)
            for number in range(len(plan.parts)):
                if number:
                    await asyncio.sleep(0)  # a long answer lets others in between
                await self._send(hub.frame(plan, number, wanted.fields), send, clock())
            place, quiet = plan.place, now if plan.reset or plan.parts else quiet
            await hub.changed(place)

    async def _send(self, frame: bytes, send: Callable[[bytes], Any], now: float) -> None:
        self._sending = now
        await send(frame)
        self._sending = math.inf
        self._hub.metrics.frames += 1
        self._hub.metrics.sent_bytes += len(frame)


def at(view: BoardView) -> dict[str, Any]:
    """Where a frame stands: come back with epoch and generation; `published_ns` is the engine's monotonic clock."""
    return {
        "epoch": view.place.epoch, "generation": view.place.generation, "watermark_ns": view.watermark,
        "published_ns": view.published_ns, "fault": view.fault or None,
    }  # fmt: skip
