"""Acts: each is asked of the control process under the caller's name, once, and only about orders that are his."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Final, TypeVar

import msgspec

from app.api.bodies import OrderBody, PreflightBody, RuleBody, ScopeBody, SwitchBody
from app.api.doorkeeper import Caller
from app.api.gate import Asked
from app.api.metrics import Metrics
from app.api.once import Answered, Once
from app.api.port import Asker, ControlPort, OrderPlace, PortError, PortRefused
from app.api.problems import Problem
from app.api.view import BoardView

T = TypeVar("T")
_THREADS: Final = 4
_NOT_HIS: Final = "no such order, or not of your desks and books"


class Acts:
    """What can be done through the API. Answers are (status, body)."""

    def __init__(self, port: ControlPort, view: BoardView, once: Once, metrics: Metrics) -> None:
        self._port = port
        self._view = view
        self._once = once
        self._metrics = metrics
        self._threads = ThreadPoolExecutor(_THREADS, "control")
        self._killers = ThreadPoolExecutor(1, "kill")  # waits behind no other question

    def close(self) -> None:
        """No more questions."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._killers.shutdown(wait=False, cancel_futures=True)

    # -- looking -----------------------------------------------------------------------------------------------------

    async def orders(self, caller: Caller) -> bytes:
        """Every order of the caller's parents and where it stands."""
        found, session = await self._ask(self._port.orders, _asker(caller))
        mine = [state for place, state in found if self._his(place.parent_id, caller)]
        return msgspec.json.encode({"orders": mine, **session})

    async def rules(self, caller: Caller) -> bytes:
        """Every rule and how it stands."""
        return msgspec.json.encode(await self._ask(self._port.rules, _asker(caller)))

    async def menu(self, caller: Caller, parent_id: str) -> bytes:
        """What can be done with a parent's algo order."""
        self._insist(parent_id, caller)
        menu, _ = await self._ask(self._port.menu, parent_id, _asker(caller))
        return msgspec.json.encode(menu)

    async def preflight(self, caller: Caller, asked: Asked, body: PreflightBody) -> bytes:
        """Every tag and every check; nothing is sent, and nothing is promised."""
        self._insist(body.parent_id, caller)
        asker = _asker(caller, asked)
        _, place = await self._ask(self._port.menu, body.parent_id, asker)
        return msgspec.json.encode(await self._ask(self._port.preflight, body.wish(place.order_id), asker))

    # -- acting ------------------------------------------------------------------------------------------------------

    async def switch(self, caller: Caller, asked: Asked, body: SwitchBody) -> tuple[int, bytes]:
        """Send what a pre-flight showed, if the whole guard still passes."""
        act = partial(self._port.confirm, body.token, body.generation, _asker(caller, asked))
        return await self._do(caller, asked, lambda: self._ask(act))

    async def cancel(self, caller: Caller, asked: Asked, body: OrderBody) -> tuple[int, bytes]:
        """Cancel one order."""
        return await self._on_order(caller, asked, body.order_id, self._port.cancel)

    async def reconcile(self, caller: Caller, asked: Asked, body: OrderBody) -> tuple[int, bytes]:
        """Ask the broker what he holds of an order."""
        return await self._on_order(caller, asked, body.order_id, self._port.reconcile)

    async def kill(self, caller: Caller, asked: Asked, body: ScopeBody) -> tuple[int, bytes]:
        """Cancel everything in a scope: of one's own orders with `act`, of everybody's with `admin`."""

        async def act() -> str:
            await self._may_kill(caller, body.scope)
            return await self._ask(self._port.kill, body.scope, _asker(caller, asked), threads=self._killers)

        return await self._do(caller, asked, act)

    async def release(self, caller: Caller, asked: Asked, body: ScopeBody) -> tuple[int, bytes]:
        """Let new requests out again."""
        act = partial(self._port.release, body.scope, _asker(caller, asked))
        return await self._do(caller, asked, lambda: self._ask(act))

    async def arm(self, caller: Caller, asked: Asked, body: RuleBody) -> tuple[int, bytes]:
        """Arm or disarm a rule."""
        act = partial(self._port.arm, body.rule, _asker(caller, asked), on=body.on)
        return await self._do(caller, asked, lambda: self._ask(act))

    async def _on_order(
        self, caller: Caller, asked: Asked, order_id: str, do: Callable[[str, Asker], str]
    ) -> tuple[int, bytes]:
        async def act() -> str:
            self._insist((await self._place(order_id, caller)).parent_id, caller)
            return await self._ask(do, order_id, _asker(caller, asked))

        return await self._do(caller, asked, act)

    async def _do(self, caller: Caller, asked: Asked, act: Callable[[], Awaitable[str]]) -> tuple[int, bytes]:
        """The act, once: what was answered before under the same key is answered again."""
        begun = Answered(caller.user, asked.key, f"{asked.path} {asked.digest}", time.time_ns())
        before = self._once.begin(begun)
        if before is not None:
            asked.replayed = True
            asked.words = "replayed: nothing was done"
            self._metrics.acts[asked.path, "replayed"] += 1
            return before.status, before.body.encode()
        status, words = await self._outcome(begun, act)
        asked.words = words
        self._metrics.acts[asked.path, "done" if status == 200 else "refused"] += 1
        body = msgspec.json.encode({"words": words}) if status == 200 else Problem(status, words).body()
        self._once.end(begun, status, body)
        return status, body

    async def _outcome(self, begun: Answered, act: Callable[[], Awaitable[str]]) -> tuple[int, str]:
        try:
            return 200, await act()
        except PortRefused as error:
            return 409, str(error)
        except Problem as problem:
            if problem.status != 503:
                self._once.forget(begun)  # nothing was asked
            raise

    # -- whose -------------------------------------------------------------------------------------------------------

    def _his(self, parent_id: str, caller: Caller) -> bool:
        """True when the parent of an order may be seen by the caller; one the board does not have is nobody's."""
        return caller.grants.everything or self._view.row(parent_id, caller.grants) is not None

    def _insist(self, parent_id: str, caller: Caller) -> None:
        if not self._his(parent_id, caller):
            raise Problem(404, _NOT_HIS)

    async def _place(self, order_id: str, caller: Caller) -> OrderPlace:
        found, _ = await self._ask(self._port.orders, _asker(caller))
        for place, _state in found:
            if place.order_id == order_id:
                return place
        raise Problem(404, _NOT_HIS)

    async def _may_kill(self, caller: Caller, scope: str) -> None:
        """One's own parents and orders with `act`; beyond them `admin`. Raises Problem."""
        if caller.grants.may("admin"):
            return
        what, _, name = scope.partition(":")
        if what not in {"parent", "order"}:
            raise Problem(403, f"{caller.user} may not kill {what}: this takes the scope admin")
        self._insist(name if what == "parent" else (await self._place(name, caller)).parent_id, caller)

    async def _ask(self, ask: Callable[..., T], *words: Any, threads: ThreadPoolExecutor | None = None) -> T:
        """One question in a thread. Raises PortRefused (no), Problem 503 (not reachable)."""
        try:
            return await asyncio.get_running_loop().run_in_executor(threads or self._threads, partial(ask, *words))
        except PortError as error:
            raise Problem(503, f"{error}", 1.0) from None


def _asker(caller: Caller, asked: Asked | None = None) -> Asker:
    return Asker(caller.user, asked.request if asked is not None else "")
