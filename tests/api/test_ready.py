"""What is answered without the framework is what the framework would have answered."""

from pathlib import Path

import pytest

from tests.api.made import MadeApi


@pytest.mark.parametrize("user", ["chief", "alice"])
def test_that_an_answer_that_is_ready_is_that_of_the_application(api: MadeApi, user: str) -> None:
    ready = api.get("/v1/parents/P2", user)
    known = api.service.gate.ready
    api.service.gate.ready = lambda _scope, _caller: None
    made = api.get("/v1/parents/P2", user)
    assert (ready.status_code, ready.content) == (made.status_code, made.content) == (200, made.content)
    differ = {"x-request-id"}
    told = [{k: v for k, v in found.headers.items() if k not in differ} for found in (ready, made)]
    assert told[0] == told[1]
    assert known is not api.service.gate.ready


def test_that_a_ready_answer_is_counted_under_its_route_and_noted_as_seen(api: MadeApi) -> None:
    assert api.get("/v1/parents/P0").status_code == 200
    assert api.service.hub.metrics.requests == {("GET", "/v1/parents/{parent_id}", 200): 1}
    assert '"what":"GET /v1/parents/P0"' in (api.folder / "api" / "views.jsonl").read_text()


@pytest.mark.parametrize(
    ("path", "user", "status"),
    [
        ("/v1/parents/P1", "alice", 404), ("/v1/parents/P1", "", 401), ("/v1/parents/P9", "chief", 404),
        ("/v1/parents/", "chief", 404), ("/v1/parents/P1?newest=1", "chief", 200),
        ("/v1/parents/P1?newest=x", "chief", 422), ("/v1/parents/P1/fills", "chief", 200),
        ("/v1/parents/P%2F1", "chief", 404), ("/v1/parents/P%31", "chief", 200),
    ],
)  # fmt: skip
def test_that_nothing_is_ready_for_those_who_may_not_or_ask_more(
    api: MadeApi, path: str, user: str, status: int
) -> None:
    assert api.get(path, user).status_code == status


def test_that_a_body_sent_along_with_a_question_is_still_limited(api: MadeApi) -> None:
    found = api.ask("GET", "/v1/parents/P1", headers={"Content-Length": str(10**9)}, content=b"x")
    assert found.status_code == 413


def test_that_the_limit_of_questions_holds_for_ready_answers(tmp_path: Path) -> None:
    made = MadeApi(tmp_path, rate=0.01, burst=2)
    try:
        assert [made.get("/v1/parents/P1").status_code for _ in range(3)] == [200, 200, 429]
    finally:
        made.close()


def test_that_a_path_tells_every_method_it_has(api: MadeApi) -> None:
    refused = [api.ask("DELETE", path) for path in ("/v1/rules", "/v1/parents/P1", "/v1/kill")]
    assert [found.status_code for found in refused] == [405] * 3
    assert [found.headers["allow"] for found in refused] == ["GET, POST", "GET", "POST"]
