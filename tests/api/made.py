"""A board with parents of two desks, a control that notes what it is asked, and the API over both, in one process."""

import asyncio
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import msgspec
import numpy as np

from app.api.port import Asker, OrderPlace, PortError, PortRefused
from app.api.service import Service, admitted
from app.api.tokens import TokenFile
from app.board import BoardWriter, blank
from app.engine.switch.guard import Wish
from app.entitlements import Entitlements
from app.settings import load_settings
from app.settings_api import Api

PEOPLE = """
[users.alice]
scopes = ["read", "act"]
desks = ["cash"]

[users.chief]
scopes = ["read", "act", "admin"]
desks = ["*"]

[users.guest]
scopes = ["read"]
certificates = ["guest.desk"]
"""
NS = 1_767_623_400_000_000_000


class MadeBoard:
    """P0, P2, ... are of desk cash, P1, P3, ... of desk swaps; each has two fills and a child."""

    def __init__(self, folder: Path, parents: int = 4) -> None:
        self.writer = BoardWriter(folder, clock=time.monotonic_ns)
        self.parents = parents
        self.now = NS
        for row in range(parents):
            self.parent(row)
            self.member("fills", 2 * row, row)
            self.member("fills", 2 * row + 1, row)
            self.member("children", row, row)
        self.market("good")
        self.writer.meta("session", "made")
        self.beat()

    def parent(self, row: int, **changes: Any) -> None:
        """One parent, with some columns as told."""
        values: dict[str, Any] = {
            "parent_id": f"P{row}", "instrument": "TECH", "side": "SELL", "algo": "VWAP",
            "desk": ("cash", "swaps")[row % 2],
            "account": f"ACC-{row}", "trader": "tom", "state": "live", "order_qty": 1000, "filled_qty": 20,
            "avg_px": 50.25,
            "arrival_mid": 50.3, "arrival_lo": 50.29, "arrival_hi": 50.31, "arrival_basis": "as_of", "level": "GREEN",
            "level_reason": "cost z 0.4", "status_reason": "not measured", "visibility": "V1", "n_late": 0,
        } | changes  # fmt: skip
        self._put("parents", row, values)

    def member(self, section: str, row: int, parent: int) -> None:
        """A fill or a child."""
        key = "fill_id" if section == "fills" else "child_id"
        values = {key: f"{key[0].upper()}{row}", "parent_id": f"P{parent}", "parent_row": parent, "qty": 10}
        self._put(section, row, values)

    def market(self, quality: str) -> None:
        """The instrument."""
        self._put("instruments", 0, {"instrument": "TECH", "quality": quality, "ts": self.now, "mid": 50.25})

    def beat(self) -> None:
        """Announce what was put."""
        self.now += 1_000_000
        self.writer.beat(self.now)

    def close(self) -> None:
        """The engine ends in good order."""
        self.writer.close()

    def _put(self, section: str, row: int, values: Mapping[str, Any]) -> None:
        rows = blank(section)
        for name, value in values.items():
            rows[name] = self.writer.intern(value) if isinstance(value, str) else value
        self.writer.put(section, np.array([row]), rows)


class OrderShown(msgspec.Struct, frozen=True):
    """An order as the made control tells it."""

    order_id: str
    parent_id: str


class MadeControl:
    """Notes every question. `away`: it cannot be reached; `refuses`: what it says to every act."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []
        self.entries: list[dict[str, str]] = []
        self.away = ""
        self.refuses = ""
        self.holds = 0.0  # seconds an act takes
        self.places = [OrderPlace("A0", "P0"), OrderPlace("A1", "P1")]

    def kinds(self) -> Mapping[str, type]:
        """As ControlPort."""
        return {"Menu": OrderShown, "Preflight": OrderShown}

    def menu(self, parent_id: str, asker: Asker) -> tuple[object, OrderPlace]:
        """As ControlPort."""
        self._reached()
        for place in self.places:
            if place.parent_id == parent_id:
                return OrderShown(*place), place
        raise PortRefused(f"no algo order of {parent_id} in this session")

    def preflight(self, wish: Wish, asker: Asker) -> object:
        """As ControlPort."""
        self._note("preflight", wish.order_id, asker)
        return {"token": "0" * 32}

    def confirm(self, token: str, generation: int, asker: Asker) -> str:
        """As ControlPort."""
        return self._note("confirm", token, asker)

    def cancel(self, order_id: str, asker: Asker) -> str:
        """As ControlPort."""
        return self._note("cancel", order_id, asker)

    def reconcile(self, order_id: str, asker: Asker) -> str:
        """As ControlPort."""
        return self._note("reconcile", order_id, asker)

    def kill(self, scope: str, asker: Asker) -> str:
        """As ControlPort."""
        return self._note("kill", scope, asker)

    def release(self, scope: str, asker: Asker) -> str:
        """As ControlPort."""
        return self._note("release", scope, asker)

    def orders(self, asker: Asker) -> tuple[list[tuple[OrderPlace, object]], dict[str, object]]:
        """As ControlPort."""
        self._reached()
        return [(place, OrderShown(*place)) for place in self.places], {"kills": [], "online": True, "now_ns": NS}

    def rules(self, asker: Asker) -> object:
        """As ControlPort."""
        self._reached()
        return {"rules": [], "words": "no rules"}

    def arm(self, rule: str, asker: Asker, *, on: bool) -> str:
        """As ControlPort."""
        return self._note("arm" if on else "disarm", rule, asker)

    def record(self, entries: list[dict[str, str]]) -> None:
        """As ControlPort."""
        self._reached()
        self.entries += entries

    def _note(self, act: str, what: str, asker: Asker) -> str:
        self._reached()
        if self.holds:
            time.sleep(self.holds)  # the control process takes its time: that is what is tested
        self.asked.append((act, what, asker.user))
        if self.refuses:
            raise PortRefused(self.refuses)
        return f"{act} {what}"

    def _reached(self) -> None:
        if self.away:
            raise PortError(self.away)


class MadeApi:
    """The service without a socket: requests go straight to its gate."""

    def __init__(self, folder: Path, *, people: str = PEOPLE, **settings: Any) -> None:
        self.folder = folder
        self.board = MadeBoard(folder / "board")
        self.control = MadeControl()
        (folder / "people.toml").write_text(people)
        self.people = Entitlements(folder / "people.toml")
        self.tokens = TokenFile(folder / "tokens.json")
        self.api: Api = msgspec.structs.replace(load_settings(None, {}).api, **settings)
        self.door = admitted(folder / "tokens.json", self.people)
        self.service = Service(self.api, (folder / "board", folder / "api"), self.control, self.door)
        self.texts: dict[str, str] = {}
        for user, scopes in (("alice", ["read", "act"]), ("chief", ["read", "act", "admin"]), ("guest", ["read"])):
            self.texts[user] = self.tokens.add(user, scopes, 1, time.time_ns())[1]
        self.door.refresh(at_once=True)
        self.service.look()

    def ask(self, method: str, path: str, user: str = "chief", **words: Any) -> httpx.Response:
        """One request of a user, "" = of nobody."""
        headers = {"Authorization": f"Bearer {self.texts[user]}"} if user else {}
        headers |= words.pop("headers", {})

        async def go() -> httpx.Response:
            transport = httpx.ASGITransport(app=self.service.gate)
            async with httpx.AsyncClient(transport=transport, base_url="http://made") as client:
                return await client.request(method, path, headers=headers, **words)

        return asyncio.run(go())

    def get(self, path: str, user: str = "chief", **words: Any) -> httpx.Response:
        """A GET."""
        return self.ask("GET", path, user, **words)

    def act(self, path: str, body: dict[str, Any], user: str = "chief", key: str = "key-00000001") -> httpx.Response:
        """A POST under a key."""
        return self.ask("POST", path, user, json=body, headers={"Idempotency-Key": key} if key else {})

    def audited(self) -> list[dict[str, str]]:
        """What the audit has got by now."""
        asyncio.run(self.service.trail.flush())
        return self.control.entries

    def close(self) -> None:
        """The end."""
        asyncio.run(self.service.close())
        self.board.close()
