"""The server at a real socket: TLS and certificates, slow and huge clients harm nobody, streams go on."""

import contextlib
import json
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from app.api.server import common_name, context_of
from app.engine.errors import SettingsError
from tests.api.made import MadeApi
from tests.api.serving import Authority, Serving
from tests.patience import eventually


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[Serving]:
    """Plain HTTP on this machine, impatient."""
    served = Serving(tmp_path, header_s=0.4, streams=3, look_ms=5)
    yield served
    served.close()


@pytest.fixture
def secure(tmp_path: Path) -> Iterator[tuple[Serving, Authority]]:
    """TLS with client certificates."""
    authority = Authority(tmp_path)
    served = Serving(tmp_path, authority=authority, header_s=0.4)
    yield served, authority
    served.close()


def _bearer(made: MadeApi, user: str = "chief") -> dict[str, str]:
    return {"Authorization": f"Bearer {made.texts[user]}"}


def _stream(served: Serving, query: str = "", user: str = "chief") -> ClientConnection:
    url = served.url.replace("http", "ws", 1) + f"/v1/stream{query}"
    return connect(url, additional_headers=_bearer(served.made, user), compression=None, close_timeout=0.5)


def _frame(stream: ClientConnection) -> dict[str, Any]:
    """The next frame that tells something: a beat may come at any time."""
    while True:
        found: dict[str, Any] = json.loads(stream.recv(timeout=20))
        if found["type"] != "beat":
            return found


def _first(served: Serving, query: str) -> dict[str, Any]:
    with _stream(served, query) as stream:
        return _frame(stream)


def _until_it_ends(stream: ClientConnection) -> None:
    for _ in range(20):
        _frame(stream)


def _alive(served: Serving) -> None:
    assert httpx.get(f"{served.url}/v1/live", timeout=10).status_code == 200


# -- slow and huge ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("said", [b"", b"GET /v1/par", b"GET /v1/live HTTP/1.1\r\nHost: x\r\nX-A: "])
def test_that_a_client_that_never_finishes_its_headers_is_cut_off(serving: Serving, said: bytes) -> None:
    with socket.create_connection(("localhost", serving.port)) as slow:
        slow.sendall(said)
        slow.settimeout(20)
        with contextlib.suppress(ConnectionResetError):
            assert slow.recv(1000) == b""
    _alive(serving)


def test_that_a_slow_second_request_on_a_kept_line_is_cut_off_too(serving: Serving) -> None:
    with socket.create_connection(("localhost", serving.port)) as slow:
        slow.settimeout(20)
        slow.sendall(b"GET /v1/live HTTP/1.1\r\nHost: x\r\n\r\n")
        said = b""
        while not said.endswith(b'"ok"}'):
            said += slow.recv(4000)
        slow.sendall(b"GET /v1/li")
        with contextlib.suppress(ConnectionResetError):
            assert slow.recv(1000) == b""


def test_that_a_body_that_never_ends_is_given_up(serving: Serving) -> None:
    head = f"POST /v1/kill HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {serving.made.texts['chief']}\r\n"
    with socket.create_connection(("localhost", serving.port)) as slow:
        slow.settimeout(20)
        slow.sendall(f"{head}Idempotency-Key: key-00000001\r\nContent-Length: 100\r\n\r\n{{".encode())
        assert b"408 Request Timeout" in slow.recv(4000)
    assert serving.made.control.asked == []


def test_that_many_slow_clients_harm_nobody(serving: Serving) -> None:
    slow = [socket.create_connection(("localhost", serving.port)) for _ in range(100)]
    try:
        for one in slow:
            one.sendall(b"GET /v1/live HTTP/1.1\r\nHost")
        _alive(serving)
    finally:
        for one in slow:
            one.close()


def test_that_a_body_of_a_hundred_megabytes_is_refused_at_its_beginning(serving: Serving) -> None:
    sent = 0
    head = f"POST /v1/kill HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {serving.made.texts['chief']}\r\n"
    with socket.create_connection(("localhost", serving.port)) as huge:
        huge.sendall(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode())
        chunk = b"10000\r\n" + b"x" * 65536 + b"\r\n"
        with contextlib.suppress(OSError):
            while sent < 100_000_000:
                huge.sendall(chunk)
                sent += 65536
    assert sent < 50_000_000
    assert serving.made.control.asked == []
    _alive(serving)


def test_that_what_is_no_http_is_refused(serving: Serving) -> None:
    with socket.create_connection(("localhost", serving.port)) as stranger:
        stranger.settimeout(20)
        stranger.sendall(b"\x16\x03\x01 hello\r\n\r\n")
        assert b"400" in stranger.recv(1000)
    _alive(serving)


def test_that_more_lines_than_allowed_are_not_taken(tmp_path: Path) -> None:
    served = Serving(tmp_path, connections=3)
    held: list[socket.socket] = []
    try:
        for _ in range(8):
            held.append(socket.create_connection(("localhost", served.port)))
            held[-1].settimeout(0.5)

        def cut(one: socket.socket) -> bool:
            try:
                return one.recv(1) == b""
            except TimeoutError:
                return False
            except OSError:
                return True

        assert eventually(lambda: sum(map(cut, held[3:])) == 5, 20)
    finally:
        for one in held:
            one.close()
        served.close()


# -- TLS --------------------------------------------------------------------------------------------------------------


def test_that_a_token_over_tls_and_a_certificate_alone_are_let_in(secure: tuple[Serving, Authority]) -> None:
    served, authority = secure
    context = ssl.create_default_context(cafile=str(authority.file))
    assert served.url.startswith("https://localhost:")
    found = httpx.get(f"{served.url}/v1/parents", headers=_bearer(served.made), verify=context)
    assert found.json()["total"] == 4
    assert httpx.get(f"{served.url}/v1/parents", verify=context).status_code == 401
    context.load_cert_chain(*authority.issue("guest.desk"))
    found = httpx.get(f"{served.url}/v1/parents", verify=context)
    assert (found.status_code, found.json()["total"]) == (200, 0)
    stranger = ssl.create_default_context(cafile=str(authority.file))
    stranger.load_cert_chain(*authority.issue("mallory.desk"))
    assert httpx.get(f"{served.url}/v1/parents", verify=stranger).status_code == 401


def test_that_a_certificate_of_another_authority_is_no_certificate(
    secure: tuple[Serving, Authority], tmp_path: Path
) -> None:
    served, authority = secure
    (tmp_path / "other").mkdir()
    context = ssl.create_default_context(cafile=str(authority.file))
    context.load_cert_chain(*Authority(tmp_path / "other").issue("guest.desk"))
    with pytest.raises(httpx.TransportError):
        httpx.get(f"{served.url}/v1/parents", verify=context)


def test_that_plain_text_and_old_tls_find_no_door(secure: tuple[Serving, Authority]) -> None:
    served, authority = secure
    with pytest.raises(httpx.TransportError):
        httpx.get(f"http://localhost:{served.port}/v1/live")
    old = ssl.create_default_context(cafile=str(authority.file))
    old.minimum_version = ssl.TLSVersion.TLSv1_2
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    assert httpx.get(f"{served.url}/v1/live", verify=old).status_code == 200


def test_that_a_handshake_that_never_ends_is_cut_off(secure: tuple[Serving, Authority]) -> None:
    with socket.create_connection(("localhost", secure[0].port)) as slow:
        slow.settimeout(20)
        slow.sendall(b"\x16\x03\x01")
        with contextlib.suppress(ConnectionResetError):
            assert slow.recv(100) == b""


def test_that_a_file_that_is_no_certificate_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "x.pem").write_text("no certificate")
    made = MadeApi(tmp_path, certificate=str(tmp_path / "x.pem"), key=str(tmp_path / "x.pem"))
    with pytest.raises(SettingsError, match=r"x\.pem"):
        context_of(made.api, "")
    made.close()


def test_that_a_common_name_is_found_or_empty() -> None:
    assert common_name({"subject": ((("countryName", "DE"),), (("commonName", "desk"),))}) == "desk"
    assert common_name({"subject": ()}) == common_name(None) == ""


# -- streams ----------------------------------------------------------------------------------------------------------


def test_that_a_stream_begins_with_everything_and_goes_on_with_changes(serving: Serving) -> None:
    with _stream(serving) as stream:
        reset, all_of_it = _frame(stream), _frame(stream)
        assert reset["type"] == "reset"
        assert [p["parent_id"] for p in all_of_it["parents"]] == ["P0", "P1", "P2", "P3"]
        serving.made.board.parent(2, filled_qty=30)
        serving.made.board.beat()
        news = _frame(stream)
        assert [(p["parent_id"], p["filled_qty"]) for p in news["parents"]] == [("P2", 30)]
        assert news["generation"] > all_of_it["generation"]
        assert 0 <= time.monotonic_ns() - news["published_ns"] < 10**10


def test_that_a_stream_resumes_from_the_place_it_had(serving: Serving) -> None:
    with _stream(serving) as stream:
        _frame(stream)
        place = _frame(stream)
    for row in (1, 3, 1):
        serving.made.board.parent(row, filled_qty=40)
        serving.made.board.beat()
    with _stream(serving, f"?since={place['epoch']}:{place['generation']}") as stream:
        news = _frame(stream)
        assert news["type"] == "changes"
        seen = {p["parent_id"]: p["filled_qty"] for p in news["parents"]}
        while set(seen) != {"P1", "P3"}:
            seen |= {p["parent_id"]: p["filled_qty"] for p in _frame(stream)["parents"]}
        assert seen == {"P1": 40, "P3": 40}


@pytest.mark.parametrize("since", ["1:999999", "77:1"])
def test_that_a_place_the_board_does_not_know_is_a_reset(serving: Serving, since: str) -> None:
    with _stream(serving, f"?since={since}") as stream:
        reset = _frame(stream)
        assert (reset["type"], "not known any more" in reset["reason"]) == ("reset", True)
        assert len(_frame(stream)["parents"]) == 4


def test_that_a_stream_tells_ones_own_rows_and_those_asked_for(serving: Serving) -> None:
    with _stream(serving, user="alice") as mine, _stream(serving, "?parents=P1,P2&fields=parent_id,level") as some:
        _frame(mine)
        assert [p["parent_id"] for p in _frame(mine)["parents"]] == ["P0", "P2"]
        _frame(some)
        shown = _frame(some)["parents"]
        assert [p["parent_id"] for p in shown] == ["P1", "P2"]
        assert set(shown[0]) == {"parent_id", "level", "undefined"}
        for row in range(4):
            serving.made.board.parent(row, filled_qty=50)
        serving.made.board.beat()
        assert [p["parent_id"] for p in _frame(mine)["parents"]] == ["P0", "P2"]
        assert [p["parent_id"] for p in _frame(some)["parents"]] == ["P1", "P2"]


def test_that_a_new_engine_resets_the_streams(serving: Serving) -> None:
    made = serving.made
    with _stream(serving) as stream:
        before = [_frame(stream), _frame(stream)][1]
        made.board.close()
        made.board = type(made.board)(made.folder / "board", 2)
        while (reset := _frame(stream))["type"] != "reset":
            pass
        assert reset["epoch"] > before["epoch"]
        frames = [_frame(stream)]
        while len(frames[-1].get("parents", [])) < 2:
            frames.append(_frame(stream))
        assert [p["parent_id"] for p in frames[-1]["parents"]] == ["P0", "P1"]


def test_that_a_stream_ends_when_its_token_does(serving: Serving) -> None:
    made = serving.made
    with _stream(serving) as stream:
        _frame(stream)
        made.tokens.revoke(made.texts["chief"].split("_")[1], time.time_ns())
        with pytest.raises(ConnectionClosed) as closed:
            _until_it_ends(stream)
        assert closed.value.rcvd is not None
        assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1008, "token is revoked")


def test_that_a_stream_without_a_token_is_refused_and_audited(serving: Serving) -> None:
    url = serving.url.replace("http", "ws", 1) + "/v1/stream"
    with pytest.raises(InvalidStatus) as refused, connect(url):
        pass
    assert refused.value.response.status_code == 401
    entries = serving.made.control.entries
    assert eventually(lambda: [e for e in entries if e["path"] == "/v1/stream"], 20)[0]["status"] == "401"


@pytest.mark.parametrize("query", ["?since=yesterday", "?fields=secret", "?parents=" + ",".join(map(str, range(300)))])
def test_that_a_stream_asked_for_wrongly_is_closed(serving: Serving, query: str) -> None:
    with pytest.raises((InvalidStatus, ConnectionClosed)):
        _first(serving, query)
    _alive(serving)


def test_that_there_are_as_many_streams_as_allowed_and_no_more(serving: Serving) -> None:
    with _stream(serving) as first, _stream(serving) as second, _stream(serving) as third:
        for stream in (first, second, third):
            _frame(stream)
        with pytest.raises((InvalidStatus, ConnectionClosed)):
            _first(serving, "")
    assert eventually(
        lambda: httpx.get(f"{serving.url}/v1/health", headers=_bearer(serving.made)).json()["streams"] == 0
    )


def test_that_a_reader_that_takes_nothing_holds_nobody_up(serving: Serving) -> None:
    with _stream(serving) as lazy, _stream(serving) as eager:
        stop = threading.Event()

        def publish() -> None:
            while not stop.is_set():
                for row in range(4):
                    serving.made.board.parent(row, text="x" * 2000)
                serving.made.board.beat()
                stop.wait(0.002)

        writer = threading.Thread(target=publish, daemon=True)
        writer.start()
        try:
            for _ in range(100):
                _frame(eager)
        finally:
            stop.set()
            writer.join()
        assert _frame(lazy)["type"] == "reset"
