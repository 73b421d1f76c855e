"""Who is not let in does nothing and is in the audit: nobody, unknown, expired, revoked, wrong scope."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from app.api.rates import Rates
from app.api.tokens import DAY_NS
from tests.api.made import MadeApi

KILL = {"scope": "all"}


def _token(api: MadeApi, user: str, scopes: list[str], made_ns: int) -> str:
    return api.tokens.add(user, scopes, 1, made_ns)[1]


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer x", "Basic abc", "Bearer lsk_00000000_" + "a" * 43])
def test_that_who_is_not_known_does_nothing_and_is_audited(api: MadeApi, header: str) -> None:
    headers = {"Authorization": header} if header else {}
    refused = api.ask("POST", "/v1/kill", "", json=KILL, headers={**headers, "Idempotency-Key": "key-00000001"})
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"].startswith("Bearer")
    assert api.control.asked == []
    entry = api.audited()[-1]
    assert (entry["status"], entry["path"], entry["user"]) == ("401", "/v1/kill", "")
    assert entry["request"] == refused.headers["x-request-id"]


def test_that_an_expired_token_does_nothing_and_is_audited(api: MadeApi) -> None:
    api.texts["late"] = _token(api, "chief", ["read", "act", "admin"], time.time_ns() - 2 * DAY_NS)
    api.door.refresh(at_once=True)
    refused = api.act("/v1/kill", KILL, "late")
    assert (refused.status_code, refused.json()["detail"]) == (401, "token has expired")
    assert api.control.asked == []
    assert api.audited()[-1]["words"] == "token has expired"


def test_that_a_revoked_token_ends_at_once(api: MadeApi) -> None:
    assert api.get("/v1/parents").status_code == 200
    api.tokens.revoke(api.texts["chief"].split("_")[1], time.time_ns())
    api.door.refresh(at_once=True)
    assert api.get("/v1/parents").json()["detail"] == "token is revoked"
    assert api.audited()[-1]["status"] == "401"


@pytest.mark.parametrize(
    ("user", "path", "body"),
    [
        ("guest", "/v1/kill", KILL), ("guest", "/v1/cancel", {"order_id": "A0"}), ("alice", "/v1/release", KILL),
        ("alice", "/v1/kill", KILL), ("alice", "/v1/kill", {"scope": "instrument:TECH"}),
        ("guest", "/v1/switch", {"token": "0" * 32}),
    ],
)  # fmt: skip
def test_that_a_wrong_scope_does_nothing_and_is_audited(
    api: MadeApi, user: str, path: str, body: dict[str, Any]
) -> None:
    refused = api.act(path, body, user)
    assert refused.status_code == 403
    assert api.control.asked == []
    entry = api.audited()[-1]
    assert (entry["status"], entry["user"], entry["path"]) == ("403", user, path)


def test_that_a_token_has_no_more_scopes_than_its_user(api: MadeApi) -> None:
    api.texts["greedy"] = _token(api, "guest", ["read", "act", "admin"], time.time_ns())
    api.door.refresh(at_once=True)
    assert api.act("/v1/kill", KILL, "greedy").status_code == 403


def test_that_a_token_of_a_user_who_is_gone_reads_nothing(api: MadeApi) -> None:
    api.texts["ghost"] = _token(api, "ghost", ["read"], time.time_ns())
    api.door.refresh(at_once=True)
    assert api.get("/v1/parents", "ghost").status_code == 403


def test_that_two_authorizations_are_none(api: MadeApi) -> None:
    bearer = f"Bearer {api.texts['chief']}"
    headers = [("Authorization", bearer), ("Authorization", bearer)]
    import asyncio

    import httpx

    async def go() -> httpx.Response:
        transport = httpx.ASGITransport(app=api.service.gate)
        async with httpx.AsyncClient(transport=transport, base_url="http://made") as client:
            return await client.get("/v1/parents", headers=headers)

    assert asyncio.run(go()).status_code == 401


def test_that_a_certificate_is_its_user_and_nobody_elses(api: MadeApi) -> None:
    peer = ("127.0.0.1", 123)  # the address httpx gives
    api.service.peers[peer] = "guest.desk"
    assert api.get("/v1/parents", "").status_code == 200
    api.service.peers[peer] = "mallory.desk"
    assert api.get("/v1/parents", "").status_code == 401


def test_that_too_many_requests_are_told_when_to_come_again(tmp_path: Path) -> None:
    api = MadeApi(tmp_path, rate=0.01, burst=3)
    try:
        answers = [api.get("/v1/live", "") for _ in range(2)] + [api.get("/v1/parents") for _ in range(4)]
        assert [answer.status_code for answer in answers] == [200] * 5 + [429]
        assert int(answers[-1].headers["retry-after"]) >= 1
        assert api.get("/v1/parents", "alice").status_code == 200  # a bucket of her own
    finally:
        api.close()


def test_that_acts_have_a_rate_of_their_own(tmp_path: Path) -> None:
    api = MadeApi(tmp_path, acts_minute=4.0)
    try:
        statuses = [api.act("/v1/kill", KILL, key=f"key-0000000{n}").status_code for n in range(2)]
        assert statuses == [200, 429]
        assert api.get("/v1/parents").status_code == 200
        assert len(api.control.asked) == 1
    finally:
        api.close()


def test_that_guessing_tokens_is_slowed_down_and_does_not_lock_out_others(api: MadeApi) -> None:
    api.service.gate._failures = Rates(0.001, 3)  # as slow as this machine may be, it does not fill meanwhile
    statuses = [api.get("/v1/parents", "").status_code for _ in range(5)]
    assert statuses == [401] * 3 + [429] * 2
    assert api.get("/v1/parents").status_code == 200


def test_that_a_flood_of_refusals_is_counted_not_written_one_by_one(api: MadeApi) -> None:
    for _ in range(300):
        api.service.trail.add({"status": "401"}, "10.0.0.9")
    api.service.trail._counts["10.0.0.9"] = (0, api.service.trail._counts["10.0.0.9"][1])
    entries = api.audited()
    assert len(entries) < 60
    assert "more refused within a second" in entries[-1]["words"]


def test_that_a_long_body_is_refused_whatever_length_it_says(api: MadeApi) -> None:
    for body, headers in ((b"x" * 70_000, {}), (b"{}", {"content-length": "100000000"})):
        headers = headers | {"Idempotency-Key": "key-00000001"}
        refused = api.ask("POST", "/v1/kill", content=body, headers=headers)
        assert refused.status_code == 413
    assert api.control.asked == []
    assert api.audited()[-1]["status"] == "413"


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"[]", b'{"scope": "all", "more": 1}', b'{"scope": "everything"}', b'{"scope": 1}', b"\xff\xfe",
        b'{"scope": "parent:\\ud800"}',
    ],
)  # fmt: skip
def test_that_a_wrong_body_does_nothing_and_names_what_is_wrong(api: MadeApi, body: bytes) -> None:
    refused = api.ask("POST", "/v1/kill", content=body, headers={"Idempotency-Key": "key-00000001"})
    assert refused.status_code == 422
    assert refused.json()["detail"].startswith("body:")
    assert api.control.asked == []


def test_that_every_view_is_in_the_log_once_with_its_count(api: MadeApi) -> None:
    for _ in range(3):
        api.get("/v1/parents/P0", "alice")
    api.get("/v1/parents/P1", "alice")  # not hers: not seen
    api.service.views.sweep(everything=True)
    lines = [json.loads(line) for line in (api.folder / "api" / "views.jsonl").read_text().splitlines()]
    seen = [(line["user"], line["what"], line["times"]) for line in lines]
    assert seen == [("alice", "GET /v1/parents/P0", 1), ("alice", "GET /v1/parents/P0", 3)]


def test_that_refusals_wait_on_disk_while_the_control_is_away(api: MadeApi) -> None:
    api.control.away = "control: not running"
    api.act("/v1/kill", KILL, "guest")
    assert api.audited() == []
    spool = api.folder / "api" / "unrecorded.jsonl"
    assert json.loads(spool.read_text())["status"] == "403"
    assert api.get("/v1/health").json()["status"] == "degraded"
    api.control.away = ""
    assert [entry["status"] for entry in api.audited()] == ["403"]
    assert not spool.exists()
    assert api.audited() == api.control.entries
