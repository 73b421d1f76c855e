"""Before anything is answered: who asks, may he, how often, how much, how long; and what became of it is written down.

Pure ASGI around the application. A request that is refused here does nothing, and is in the audit.
"""

import asyncio
import hashlib
import os
import re
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, TypeAlias
from urllib.parse import unquote

from app.api.doorkeeper import Caller, Doorkeeper
from app.api.metrics import Metrics
from app.api.problems import JSON, Problem
from app.api.rates import Rates
from app.api.trail import AuditTrail, ViewLog
from app.engine.errors import FeedError
from app.entitlements import Scope

Scope_: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
App: TypeAlias = Callable[[Scope_, Receive, Send], Awaitable[None]]
Ready: TypeAlias = Callable[[Scope_, Caller | None], bytes | None]

OPEN: Final = frozenset({"/v1/live"})  # says only that the process answers
# What a path needs beyond `read`; everything that is not a GET acts.
ADMIN: Final = frozenset({"/v1/release", "/v1/rules"})
FAILURES: Final = (5.0, 50.0)  # refused callers a second of one address, and at once
_KEY_MOST: Final = 128


class Limits(NamedTuple):
    """What one caller may do, and how long anything may take."""

    rate: float
    burst: float
    acts_minute: float
    body_bytes: int
    body_s: float
    request_s: float


@dataclass(slots=True)
class Asked:
    """One request on its way through the gate."""

    method: str
    path: str
    peer: str
    request: str
    started: float
    key: str = ""
    digest: str = ""
    caller: Caller | None = None
    status: int = 0
    words: str = ""
    route: str = "(none)"
    replayed: bool = False

    @property
    def acts(self) -> bool:
        """True when it may change something."""
        return self.method not in {"GET", "HEAD", "OPTIONS", "WEBSOCKET"}

    @property
    def needs(self) -> Scope:
        """The scope it takes."""
        if not self.acts:
            return "read"
        return "admin" if self.path in ADMIN else "act"


def _nothing_ready(_scope: Scope_, _caller: Caller | None) -> bytes | None:
    return None


@dataclass(slots=True)
class Gate:
    """Lets requests through to `app`, one by one. `certificates`: common name of a peer's certificate by address.

    `ready` may know the body of an answer at once: whoever asks has been let in, counted and is written down as ever.
    """

    app: App
    doorkeeper: Doorkeeper
    limits: Limits
    trail: AuditTrail
    views: ViewLog
    metrics: Metrics
    certificates: Mapping[tuple[str, int], str]
    ready: Ready = _nothing_ready
    _rates: Rates = field(init=False)
    _acts: Rates = field(init=False)
    _failures: Rates = field(init=False)

    def __post_init__(self) -> None:
        self._rates = Rates(self.limits.rate, self.limits.burst)
        self._acts = Rates(self.limits.acts_minute / 60.0, max(self.limits.acts_minute / 4.0, 1.0))
        self._failures = Rates(*FAILURES)

    async def __call__(self, scope: Scope_, receive: Receive, send: Send) -> None:
        """One connection's request, as ASGI has it."""
        if scope["type"] not in {"http", "websocket"}:
            await self.app(scope, receive, send)
            return
        _keep_slashes(scope)
        asked = _asked(scope)
        try:
            asked.caller = self._admitted(asked, scope)
            scope["caller"], scope["asked"] = asked.caller, asked
            if scope["type"] == "websocket":
                self._seen(asked)
                await self.app(scope, receive, send)
                return
            known = None if _announces_body(scope) else self.ready(scope, asked.caller)
            watched = self._watching(asked, send)
            if known is not None:
                async with asyncio.timeout(self.limits.request_s):  # whoever does not read it does not hold it
                    await _told(known, watched)
                return
            body = await self._body(asked, scope, receive)
            asked.digest = hashlib.sha256(body).hexdigest() if asked.acts else ""
            async with asyncio.timeout(self.limits.request_s):
                await self.app(scope, _replayed(body, receive), watched)
        except Problem as problem:
            self._refuse(asked, problem)
            await _tell(scope, problem, asked, send)
        except TimeoutError:
            late = Problem(503, f"no answer within {self.limits.request_s:g} s; whether it happened: look", 1.0)
            begun = asked.status > 0
            self._refuse(asked, late)
            if not begun:
                await _tell(scope, late, asked, send)
        finally:
            self._over(asked, scope)

    # -- letting in --------------------------------------------------------------------------------------------------

    def _admitted(self, asked: Asked, scope: Scope_) -> Caller | None:
        """Who asks; None at a path that is open to all. Raises Problem."""
        if asked.path in OPEN and asked.method == "GET":
            self._often(self._rates, f"address {asked.peer}", asked)
            return None
        try:
            caller = self.doorkeeper.caller(scope["headers"], self.certificates.get(scope.get("client") or ("", 0), ""))
        except Problem:
            wait = self._failures.take(asked.peer, asked.started)
            if wait:
                raise Problem(429, "too many requests that could not be let in", wait) from None
            raise
        asked.caller = caller
        if not caller.grants.may(asked.needs):
            raise Problem(403, f"{caller.user} may not: this takes the scope {asked.needs}")
        self._often(self._rates, f"{caller.user} {caller.by}", asked)
        if asked.acts:
            self._often(self._acts, caller.user, asked)
        return caller

    def _often(self, rates: Rates, name: str, asked: Asked) -> None:
        wait = rates.take(name, asked.started)
        if wait:
            raise Problem(429, f"too often: {rates.rate:g} a second, {rates.burst:g} at once", wait)

    async def _body(self, asked: Asked, scope: Scope_, receive: Receive) -> bytes:
        """The whole body, if it is short enough and comes in time. Raises Problem 408, 413."""
        most = self.limits.body_bytes
        too_long = Problem(413, f"the body is too long: at most {most} bytes")
        for name, value in scope["headers"]:
            if name == b"content-length" and (not value.isdigit() or len(value) > 18 or int(value) > most):
                raise too_long
        chunks, size, more = [], 0, asked.method not in {"GET", "HEAD"} or _announces_body(scope)
        if not more:
            return b""
        try:
            async with asyncio.timeout(self.limits.body_s):
                while more:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise Problem(400, "the client left before its request was complete")
                    chunks.append(message.get("body", b""))
                    size += len(chunks[-1])
                    if size > most:
                        raise too_long
                    more = message.get("more_body", False)
        except TimeoutError:
            raise Problem(408, f"the body did not come within {self.limits.body_s:g} s") from None
        return b"".join(chunks)

    # -- writing down ------------------------------------------------------------------------------------------------

    def _watching(self, asked: Asked, send: Send) -> Send:
        async def watch(message: Message) -> None:
            if message["type"] == "http.response.start":
                asked.status = message["status"]
                message["headers"] = [*message.get("headers", ()), *_always(asked)]
            await send(message)

        return watch

    def _refuse(self, asked: Asked, problem: Problem) -> None:
        asked.status, asked.words = asked.status or problem.status, problem.words
        self.metrics.refused[str(problem.status)] += 1

    def _seen(self, asked: Asked) -> None:
        if asked.caller is not None:
            self.views.note(asked.caller.user, asked.caller.by, f"{asked.method} {asked.path}")

    def _over(self, asked: Asked, scope: Scope_) -> None:
        route = scope.get("route")
        asked.route = getattr(route, "path", "(none)")
        self.metrics.took((asked.method, asked.route), asked.status, time.monotonic() - asked.started)
        if asked.acts or asked.status in {401, 403, 408, 413, 429}:
            refused_early = asked.caller is None and asked.status >= 400
            self.trail.add(_entry(asked), asked.peer if refused_early or asked.status == 429 else "")
        elif asked.status == 200 and asked.method == "GET":
            self._seen(asked)


def _keep_slashes(scope: Scope_) -> None:
    """A slash inside an id comes as %2F and stays so until the id is read: it separates nothing."""
    raw = scope.get("raw_path") or b""
    if b"%2f" in raw.lower():
        scope["path"] = unquote(re.sub(b"%2[fF]", b"%252F", raw).decode("ascii", "replace"))


def _asked(scope: Scope_) -> Asked:
    client = scope.get("client") or ("", 0)
    key = next((v.decode("latin-1") for n, v in scope["headers"] if n == b"idempotency-key"), "")
    method = "WEBSOCKET" if scope["type"] == "websocket" else scope["method"]
    return Asked(method, scope["path"], client[0], os.urandom(16).hex(), time.monotonic(), key[: _KEY_MOST + 1])


def _announces_body(scope: Scope_) -> bool:
    return any(name in {b"content-length", b"transfer-encoding"} for name, _ in scope["headers"])


def _replayed(body: bytes, receive: Receive) -> Receive:
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


def _always(asked: Asked) -> list[tuple[bytes, bytes]]:
    return [
        (b"x-request-id", asked.request.encode()), (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
    ]  # fmt: skip


def _entry(asked: Asked) -> dict[str, str]:
    caller = asked.caller
    entry = {
        "request": asked.request, "peer": asked.peer, "user": caller.user if caller else "",
        "by": caller.by if caller else "", "method": asked.method, "path": asked.path[:200],
        "status": str(asked.status), "words": asked.words[:500], "key": asked.key[:_KEY_MOST], "body": asked.digest,
    }  # fmt: skip
    return entry | ({"replayed": "yes"} if asked.replayed else {})


async def _told(body: bytes, send: Send) -> None:
    length = str(len(body)).encode()
    headers = [(b"content-length", length), (b"content-type", JSON.encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _tell(scope: Scope_, problem: Problem, asked: Asked, send: Send) -> None:
    """The problem as the answer. A body that was not read cannot be followed by another request: the line is cut."""
    websocket = scope["type"] == "websocket"
    if websocket and "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": 1008, "reason": problem.words[:100]})
        return
    kind = "websocket.http.response" if websocket else "http.response"
    body = problem.body()
    headers = [*problem.headers(), *_always(asked), (b"content-length", str(len(body)).encode())]
    if not websocket:
        headers.append((b"connection", b"close"))
    try:
        await send({"type": f"{kind}.start", "status": problem.status, "headers": headers})
        await send({"type": f"{kind}.body", "body": body})
    except (OSError, RuntimeError, FeedError):  # it has left
        return
