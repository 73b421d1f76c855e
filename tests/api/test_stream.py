"""Streams without a socket: one frame for all who want the same, asked again who they are, let go when they hang."""

import asyncio

import msgspec
import pytest

from app.api import stream
from app.api.doorkeeper import Caller
from app.api.problems import Problem
from app.api.stream import SEND_S, Stream, Wanted
from app.api.view import Place
from app.entitlements import Grants
from tests.api.made import MadeApi

CALLER = Caller("chief", "token", Grants("chief", frozenset({"read"}), everything=True))
WANTED = Wanted(frozenset(), ("parent_id", "filled_qty"))


async def _turns(n: int = 5) -> None:
    for _ in range(n):
        await asyncio.sleep(0)


def test_that_a_change_is_told_to_all_in_one_frame_made_once(api: MadeApi) -> None:
    hub = api.service.hub
    told: list[list[bytes]] = [[], [], []]

    async def go() -> None:
        async def follow(heard: list[bytes]) -> None:
            async def send(frame: bytes) -> None:
                heard.append(frame)

            await Stream(hub, CALLER, lambda c: c).run(Place(0, 0), WANTED, send)

        runs = [asyncio.create_task(follow(heard)) for heard in told]
        await _turns()
        api.board.parent(2, filled_qty=77)
        api.board.beat()
        api.service.look()
        await _turns()
        hub.end()
        await asyncio.gather(*runs)

    asyncio.run(go())
    assert [msgspec.json.decode(frame)["type"] for frame in told[0]] == ["reset", "changes", "changes"]
    assert all(told[0][n] is some[n] for some in told[1:] for n in range(3))
    news = msgspec.json.decode(told[0][2])["parents"]
    assert [(p["parent_id"], p["filled_qty"]) for p in news] == [("P2", 77)]
    assert hub.metrics.frames == 9
    assert hub.streams == set()


def test_that_a_reader_that_takes_nothing_is_let_go_and_the_others_stay(api: MadeApi) -> None:
    hub = api.service.hub

    async def go() -> None:
        async def never(_frame: bytes) -> None:
            await asyncio.Event().wait()

        async def taken(_frame: bytes) -> None:
            return

        hangs, goes_on = (
            asyncio.create_task(Stream(hub, CALLER, lambda c: c).run(Place(0, 0), WANTED, send))
            for send in (never, taken)
        )
        await _turns()
        now = asyncio.get_running_loop().time()
        hub.tick(now + SEND_S - 1.0)
        await _turns()
        assert not hangs.done()
        hub.tick(now + SEND_S + 1.0)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(hangs, 20)
        assert not goes_on.done()
        assert len(hub.streams) == 1
        hub.end()
        await goes_on

    asyncio.run(go())


def test_that_a_stream_asks_at_every_tick_whether_it_may_go_on(api: MadeApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "STILL_S", 0.0)
    hub = api.service.hub
    stands = [True]

    def still(caller: Caller) -> Caller:
        if not stands[0]:
            raise Problem(401, "token is revoked")
        return caller

    async def go() -> None:
        async def taken(_frame: bytes) -> None:
            return

        run = asyncio.create_task(Stream(hub, CALLER, still).run(Place(0, 0), WANTED, taken))
        await _turns()
        hub.tick(1.0)
        await _turns()
        assert not run.done()
        stands[0] = False
        hub.tick(2.0)
        with pytest.raises(Problem, match="revoked"):
            await asyncio.wait_for(run, 20)

    asyncio.run(go())


def test_that_ticks_come_no_more_often_than_they_have_to(api: MadeApi) -> None:
    hub = api.service.hub

    async def go() -> None:
        async def woken() -> bool:
            waiting = asyncio.create_task(hub.changed(hub.view.place))
            await _turns()
            return waiting.done() or not waiting.cancel()

        hub.tick(100.0)
        waiting = asyncio.create_task(hub.changed(hub.view.place))
        await _turns()
        hub.tick(100.5)
        await _turns()
        assert not waiting.done()
        hub.tick(101.5)
        await _turns()
        assert waiting.done()
        assert not await woken()

    asyncio.run(go())
