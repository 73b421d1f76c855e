"""API, control process and a simulated EMS together: a switch asked over HTTP, its guard, its audit, its refusals."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.control.audit import verify
from app.control.decisions import lines_of
from app.entitlements import Entitlements
from app.session.api_worker import ControlLines
from tests.api.made import PEOPLE, MadeApi
from tests.control.engine import MadeEngine, Running
from tests.patience import eventually

MINE = PEOPLE.replace('desks = ["cash"]', 'desks = ["cash"]\nbooks = ["*"]')  # the made engine names no desk


class Whole:
    """Everything, in threads; the API's board is the engine's."""

    def __init__(self, folder: Path) -> None:
        self.runtime = folder / "runtime"
        self.engine = MadeEngine(self.runtime)
        self.running = Running(self.runtime)
        (folder / "people.toml").write_text(MINE)
        self.running.process.admit(Entitlements(folder / "people.toml"), "")
        eventually((self.runtime / "sockets" / "control.json").exists)
        eventually(lambda: self.running.client.states().orders)
        self.api = MadeApi(folder / "api", people=MINE)
        self.api.service.view.folder, self.api.service.view._reader = self.runtime / "board", None
        self.api.service.view._opened_ns = 0
        self.port = ControlLines(self.runtime)
        self.api.service.acts._port = self.api.service.trail._port = self.port
        self.api.service.look()

    @property
    def audit(self) -> Path:
        """The chain."""
        return self.runtime / "control" / "audit.log"

    def preflight(self, user: str = "alice", strategy: str = "PASSIVE") -> httpx.Response:
        """Of a switch of the one order."""
        version = self.api.get("/v1/parents/TECH/menu").json()["order"]["version"]
        body = {"parent_id": "TECH", "action": "switch", "version": version, "strategy": strategy}
        return self.api.ask("POST", "/v1/preflight", user, json=body)

    def entries(self, what: str) -> list[dict[str, Any]]:
        """Lines of one kind."""
        return [line.entry for line in lines_of(self.audit) if line.entry["what"] == what]

    def close(self) -> None:
        """The end of all."""
        self.api.close()
        self.port.close()
        self.running.close()
        self.engine.close()


@pytest.fixture
def whole(tmp_path: Path) -> Iterator[Whole]:
    """Engine, control and API."""
    (tmp_path / "api").mkdir()
    found = Whole(tmp_path)
    yield found
    found.close()


@pytest.mark.slow
def test_that_a_switch_over_http_is_a_switch_with_its_name_in_the_audit(whole: Whole) -> None:
    shown = whole.preflight().json()
    assert {check["name"]: check["words"] for check in shown["checks"]}["entitlement"] == "alice"
    done = whole.api.act("/v1/switch", {"token": shown["token"]}, "alice")
    assert (done.status_code, done.json()["words"][:2]) == (200, "R1")
    order = eventually(lambda: [o for o in whole.api.get("/v1/orders").json()["orders"] if o["state"] == "R5"])[0]
    assert order["algo"] == "PASSIVE"
    confirm = whole.entries("confirm")[0]
    assert (confirm["user"], confirm["via"], confirm["request"]) == ("alice", "api", done.headers["x-request-id"])
    again = whole.api.act("/v1/switch", {"token": shown["token"]}, "alice", key="another-key-1")
    assert (again.status_code, "was used" in again.json()["detail"]) == (409, True)
    assert len(whole.engine.desk.commands) == 1
    whole.api.audited()
    assert [e["entry"]["status"] for e in whole.entries("api") if e["entry"]["path"] == "/v1/switch"] == ["200", "409"]
    assert verify(whole.audit)[1] == []


@pytest.mark.slow
def test_that_a_preflight_is_for_him_who_asked_and_who_may_not_act_is_refused(whole: Whole) -> None:
    token = whole.preflight("alice").json()["token"]
    other = whole.api.act("/v1/switch", {"token": token}, "chief")
    assert (other.status_code, other.json()["detail"]) == (409, "this pre-flight was shown to alice")
    assert whole.preflight("guest").status_code == 403
    assert whole.engine.desk.commands == []


@pytest.mark.slow
def test_that_the_control_asks_the_people_again_at_the_moment_of_sending(whole: Whole, tmp_path: Path) -> None:
    token = whole.preflight("alice").json()["token"]
    (tmp_path / "people.toml").write_text(PEOPLE.replace('["read", "act"]', '["read"]'))
    refused = whole.api.act("/v1/switch", {"token": token}, "alice")
    assert (refused.status_code, refused.json()["detail"]) == (409, "entitlement: alice may not act")
    assert whole.engine.desk.commands == []


@pytest.mark.slow
def test_that_a_kill_over_http_cancels_and_its_release_opens_again(whole: Whole) -> None:
    assert whole.api.act("/v1/kill", {"scope": "all"}).status_code == 200
    eventually(lambda: whole.engine.desk.commands)
    assert whole.api.get("/v1/orders").json()["kills"] == ["all"]
    assert whole.preflight("alice").json()["checks"]
    assert whole.api.act("/v1/release", {"scope": "all"}, key="key-00000002").status_code == 200
    assert whole.api.get("/v1/orders").json()["kills"] == []


@pytest.mark.slow
def test_that_without_a_control_nothing_is_done_and_refusals_wait_for_the_next_one(whole: Whole) -> None:
    whole.running.close()
    begun = time.monotonic()
    refused = whole.api.act("/v1/kill", {"scope": "all"})
    assert (refused.status_code, "control" in refused.json()["detail"]) == (503, True)
    assert time.monotonic() - begun < 10
    whole.api.audited()
    assert (whole.api.folder / "api" / "unrecorded.jsonl").exists()
    whole.running = Running(whole.runtime)
    eventually((whole.runtime / "sockets" / "control.json").exists)
    eventually(lambda: not whole.api.audited() and not len(whole.api.service.trail), 30)
    assert whole.entries("api")[-1]["entry"]["status"] == "503"
    assert verify(whole.audit)[1] == []
