"""Acts: asked of the control under the caller's name, once, and only about what is his."""

import json
from pathlib import Path
from typing import Any

import pytest

from app.api.bodies import OrderBody, PreflightBody, decoded
from app.api.once import KEPT_NS, Answered, Once
from app.api.problems import Problem
from tests.api.made import NS, MadeApi

TOKEN = {"token": "0" * 32}


def test_that_an_act_reaches_the_control_under_the_callers_name(api: MadeApi) -> None:
    done = api.act("/v1/switch", TOKEN, "alice")
    assert (done.status_code, done.json()) == (200, {"words": f"confirm {'0' * 32}"})
    assert api.control.asked == [("confirm", "0" * 32, "alice")]
    entry = api.audited()[-1]
    assert (entry["status"], entry["user"], entry["path"]) == ("200", "alice", "/v1/switch")


def test_that_a_preflight_is_made_of_the_order_of_the_parent(api: MadeApi) -> None:
    wish = {"parent_id": "P0", "action": "switch", "version": 3, "strategy": "POV", "params": {"TargetPct": "10"}}
    assert api.act("/v1/preflight", wish, "alice", key="").json() == {"token": "0" * 32}
    assert api.control.asked == [("preflight", "A0", "alice")]


def test_that_a_parent_without_an_order_says_so(api: MadeApi) -> None:
    refused = api.act("/v1/preflight", {"parent_id": "P2", "action": "pause", "version": 0}, "alice", key="")
    assert (refused.status_code, refused.json()["detail"]) == (409, "no algo order of P2 in this session")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/cancel", {"order_id": "A1"}), ("/v1/reconcile", {"order_id": "A1"}), ("/v1/kill", {"scope": "parent:P1"}),
        ("/v1/kill", {"scope": "order:A1"}), ("/v1/cancel", {"order_id": "AX"}), ("/v1/kill", {"scope": "order:AX"}),
        ("/v1/preflight", {"parent_id": "P1", "action": "pause", "version": 0}),
    ],
)  # fmt: skip
def test_that_nobody_acts_on_the_orders_of_another_desk(api: MadeApi, path: str, body: dict[str, Any]) -> None:
    refused = api.act(path, body, "alice")
    assert refused.status_code == 404
    assert api.control.asked == []
    assert api.audited()[-1]["status"] == "404"


@pytest.mark.parametrize(
    ("user", "path", "body", "asked"),
    [
        ("alice", "/v1/cancel", {"order_id": "A0"}, ("cancel", "A0")),
        ("alice", "/v1/reconcile", {"order_id": "A0"}, ("reconcile", "A0")),
        ("alice", "/v1/kill", {"scope": "parent:P0"}, ("kill", "parent:P0")),
        ("alice", "/v1/kill", {"scope": "order:A0"}, ("kill", "order:A0")),
        ("chief", "/v1/kill", {"scope": "all"}, ("kill", "all")),
        ("chief", "/v1/kill", {"scope": "instrument:TECH"}, ("kill", "instrument:TECH")),
        ("chief", "/v1/release", {"scope": "all"}, ("release", "all")),
        ("chief", "/v1/rules", {"rule": "red", "on": True}, ("arm", "red")),
        ("chief", "/v1/rules", {"rule": "red", "on": False}, ("disarm", "red")),
    ],
)
def test_that_ones_own_can_be_cancelled_and_killed(
    api: MadeApi, user: str, path: str, body: dict[str, Any], asked: tuple[str, str]
) -> None:
    assert api.act(path, body, user).status_code == 200
    assert api.control.asked == [(*asked, user)]


def test_that_rules_are_told_to_readers_and_armed_by_admins_alone(api: MadeApi) -> None:
    assert api.get("/v1/rules", "guest").json() == {"rules": [], "words": "no rules"}
    assert api.act("/v1/rules", {"rule": "red", "on": True}, "alice").status_code == 403
    assert api.control.asked == []


def test_that_orders_are_told_of_ones_own_parents_alone(api: MadeApi) -> None:
    assert [order["order_id"] for order in api.get("/v1/orders", "alice").json()["orders"]] == ["A0"]
    assert len(api.get("/v1/orders").json()["orders"]) == 2


def test_that_the_same_key_again_gives_the_same_answer_and_does_nothing(api: MadeApi) -> None:
    first, second = (api.act("/v1/kill", {"scope": "all"}) for _ in range(2))
    assert (second.status_code, second.json()) == (first.status_code, first.json())
    assert len(api.control.asked) == 1
    assert [entry.get("replayed") for entry in api.audited()] == [None, "yes"]


def test_that_a_refusal_is_kept_under_its_key_too(api: MadeApi) -> None:
    api.control.refuses = "kill switch: on (all)"
    first = api.act("/v1/switch", TOKEN)
    api.control.refuses = ""
    second = api.act("/v1/switch", TOKEN)
    assert first.status_code == second.status_code == 409
    assert first.json() == second.json()
    assert len(api.control.asked) == 1


def test_that_a_key_is_good_for_one_request_and_one_user(api: MadeApi) -> None:
    api.act("/v1/kill", {"scope": "parent:P0"})
    other = api.act("/v1/kill", {"scope": "parent:P1"})
    assert (other.status_code, "another request" in other.json()["detail"]) == (409, True)
    assert api.act("/v1/kill", {"scope": "parent:P0"}, "alice").status_code == 200
    assert [user for _, _, user in api.control.asked] == ["chief", "alice"]


@pytest.mark.parametrize("key", ["", "short", "x" * 129, "with space 1", "schlüssel-1"])
def test_that_an_act_without_a_good_key_does_nothing(api: MadeApi, key: str) -> None:
    headers = {"Idempotency-Key": key.encode("latin-1")} if key else {}
    refused = api.ask("POST", "/v1/kill", json={"scope": "all"}, headers=headers)
    assert refused.status_code == 400
    assert api.control.asked == []


def test_that_an_act_whose_outcome_is_not_known_is_never_tried_again(api: MadeApi) -> None:
    api.control.away = "control: no answer within 5 s"
    assert api.act("/v1/kill", {"scope": "all"}).status_code == 503
    api.control.away = ""
    again = api.act("/v1/kill", {"scope": "all"})
    assert (again.status_code, "outcome is not known" in again.json()["detail"]) == (409, True)
    assert api.control.asked == []
    assert api.act("/v1/kill", {"scope": "all"}, key="key-00000002").status_code == 200


def test_that_what_was_refused_before_it_was_asked_leaves_its_key_free(api: MadeApi) -> None:
    assert api.act("/v1/cancel", {"order_id": "A1"}, "alice").status_code == 404
    api.board.parent(1, desk="cash")
    api.board.beat()
    api.service.look()
    assert api.act("/v1/cancel", {"order_id": "A1"}, "alice").status_code == 200


def test_that_a_key_left_free_is_free_in_the_next_process_too(tmp_path: Path) -> None:
    once = Once(tmp_path / "once.jsonl", NS)
    once.begin(_begun())
    once.forget(_begun())
    once.close()
    after = Once(tmp_path / "once.jsonl", NS)
    assert after.begin(_begun()) is None
    after.close()


def test_that_an_answer_that_takes_too_long_is_said_to_be_unknown(tmp_path: Path) -> None:
    api = MadeApi(tmp_path, request_s=0.05)
    try:
        api.control.holds = 0.4
        late = api.act("/v1/kill", {"scope": "all"})
        assert late.status_code == 503
        assert api.act("/v1/kill", {"scope": "all"}).status_code == 409
    finally:
        api.close()


# -- keys on disk ----------------------------------------------------------------------------------------------------


def _begun(key: str = "key-00000001", at_ns: int = NS, what: str = "/v1/kill abc") -> Answered:
    return Answered("alice", key, what, at_ns)


def test_that_a_key_outlives_the_process_begun_or_answered(tmp_path: Path) -> None:
    path = tmp_path / "once.jsonl"
    once = Once(path, NS)
    assert once.begin(_begun()) is None
    once.end(_begun(), 200, b'{"words":"done"}')
    once.begin(_begun("key-00000002"))
    once.close()
    after = Once(path, NS + 1)
    known = after.begin(_begun())
    assert known is not None
    assert (known.status, known.body) == (200, '{"words":"done"}')
    with pytest.raises(Problem, match="not known"):
        after.begin(_begun("key-00000002"))
    after.close()


def test_that_a_day_later_a_key_is_forgotten(tmp_path: Path) -> None:
    path = tmp_path / "once.jsonl"
    once = Once(path, NS)
    once.begin(_begun())
    once.close()
    after = Once(path, NS + KEPT_NS)
    assert path.read_bytes() == b""
    assert after.begin(_begun(at_ns=NS + KEPT_NS)) is None
    after.close()


def test_that_a_torn_last_line_was_never_asked(tmp_path: Path) -> None:
    path = tmp_path / "once.jsonl"
    once = Once(path, NS)
    once.begin(_begun())
    once.close()
    whole = path.read_bytes()
    path.write_bytes(whole + whole.replace(b"00000001", b"00000002")[:-20])
    after = Once(path, NS)
    assert after.begin(_begun("key-00000002")) is None
    with pytest.raises(Problem, match="not known"):
        after.begin(_begun())
    after.close()


def test_that_it_is_on_disk_before_the_control_is_asked(api: MadeApi) -> None:
    seen: list[str] = []
    confirm = api.control.confirm

    def looking(token: str, generation: int, asker: Any) -> str:
        seen.append((api.folder / "api" / "once.jsonl").read_text())
        return confirm(token, generation, asker)

    api.control.confirm = looking  # type: ignore[method-assign]
    api.act("/v1/switch", TOKEN)
    assert json.loads(seen[0])["key"] == "key-00000001"
    assert json.loads(seen[0])["status"] == 0


def test_that_a_whole_number_may_be_written_with_a_point_and_another_one_may_not() -> None:
    body = b'{"parent_id": "P0", "action": "pause", "version": 3.0}'
    assert decoded(PreflightBody, body).version == 3
    for wrong in (b"3.5", b'"3"', b"1e300", b"true"):
        with pytest.raises(Problem, match=r"\$\.version"):
            decoded(PreflightBody, body.replace(b"3.0", wrong))
    for wrong in (b"[1.0]", b"1.0", b"{", b'{"order_id": 1.0}'):
        with pytest.raises(Problem, match="body: "):
            decoded(OrderBody, wrong)
