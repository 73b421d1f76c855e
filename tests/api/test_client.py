"""The Python client against a real server: what it reads, acts and hears; every problem in one kind of error."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.api.client import ApiError, Client, place
from tests.api.serving import Authority, Serving


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[Serving]:
    """With TLS."""
    served = Serving(tmp_path, authority=Authority(tmp_path), look_ms=5)
    yield served
    served.close()


@pytest.fixture
def client(serving: Serving, tmp_path: Path) -> Iterator[Client]:
    """Of the chief."""
    with Client(serving.url, serving.made.texts["chief"], ca=tmp_path / "ca.pem") as found:
        yield found


def test_that_a_parent_says_its_values_intervals_and_reasons(client: Client) -> None:
    parent = client.parent("P0")
    assert parent.value("filled_qty") == 20
    assert parent.interval("arrival_mid") == (50.29, 50.31)
    assert parent.interval("filled_qty") == (None, None)
    assert (parent.value("leak_bps"), parent.why("leak_bps"), parent.why("filled_qty")) == (None, "not measured", "")
    with pytest.raises(KeyError):
        parent.value("secret")


def test_that_lists_come_page_by_page(client: Client) -> None:
    assert [p["parent_id"] for p in client.parents(limit=1)] == ["P0", "P1", "P2", "P3"]
    assert [p["parent_id"] for p in client.parents(desk="swaps", fields="parent_id")] == ["P1", "P3"]
    assert [f["fill_id"] for f in client.fills("P1")] == ["F2", "F3"]
    assert [c["child_id"] for c in client.children("P1")] == ["C1"]
    assert client.evidence("P0")["reason"] == "not measured"
    assert client.health()["status"] == "ok"
    assert client.rules()["rules"] == []


def test_that_it_acts_once_under_a_key_of_its_own(client: Client, serving: Serving) -> None:
    wish = client.preflight("P0", "switch", client.menu("P0").get("version", 0), strategy="POV")
    assert client.switch(wish["token"]) == f"confirm {'0' * 32}"
    assert client.cancel("A0") == client.cancel("A0") == "cancel A0"
    assert client.kill("parent:P0", key="key-00000001") == client.kill("parent:P0", key="key-00000001")
    assert client.release("all") == "release all"
    assert len(client.orders()["orders"]) == 2
    assert [act for act, *_ in serving.made.control.asked] == [
        "preflight", "confirm", "cancel", "cancel", "kill", "release"
    ]  # fmt: skip


def test_that_a_problem_is_an_error_with_status_and_sentence(client: Client, serving: Serving, tmp_path: Path) -> None:
    with pytest.raises(ApiError, match="no such parent") as refused:
        client.parent("a/b?c")
    assert refused.value.status == 404
    serving.made.control.refuses = "kill switch: on (all)"
    with pytest.raises(ApiError, match="kill switch") as refused:
        client.switch("0" * 32)
    assert refused.value.status == 409
    with Client(serving.url, "wrong", ca=tmp_path / "ca.pem") as stranger, pytest.raises(ApiError) as refused:
        stranger.health()
    assert refused.value.status == 401


def test_that_a_server_that_is_not_trusted_or_not_there_is_no_answer(serving: Serving) -> None:
    with Client(serving.url, "x") as distrustful, pytest.raises(ApiError, match="no answer") as refused:
        distrustful.health()
    assert refused.value.status == 0
    with Client("http://127.0.0.1:9", "x") as lost, pytest.raises(ApiError, match="no answer"):
        lost.health()


@pytest.mark.parametrize("url", ["", "ftp://host", "localhost:8443", "https://"])
def test_that_a_url_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ApiError, match="url"):
        Client(url, "x")


def test_that_it_is_made_from_the_environment(
    serving: Serving, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCORECARD_API_URL", serving.url)
    monkeypatch.setenv("SCORECARD_API_TOKEN", serving.made.texts["alice"])
    monkeypatch.setenv("SCORECARD_API_CA", str(tmp_path / "ca.pem"))
    with Client.from_environment() as client:
        assert [p["parent_id"] for p in client.parents()] == ["P0", "P2"]


def test_that_a_certificate_is_enough(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    served = Serving(tmp_path, authority=authority)
    try:
        with Client(served.url, ca=authority.file, certificate=authority.issue("guest.desk")) as client:
            assert list(client.parents()) == []
    finally:
        served.close()


def test_that_a_stream_is_heard_and_gone_on_with(client: Client, serving: Serving) -> None:
    frames = client.stream()
    assert next(frames)["type"] == "reset"
    whole = next(frames)
    assert len(whole["parents"]) == 4
    serving.made.board.parent(3, filled_qty=70)
    serving.made.board.beat()
    news = next(frame for frame in client.stream(place(whole)) if frame["type"] == "changes")
    assert [(p["parent_id"], p["filled_qty"]) for p in news["parents"]] == [("P3", 70)]
    with pytest.raises(ApiError, match="the stream ended"):
        next(client.stream("nonsense"))
