"""Lines of the server: what is written together goes together, headers have an end, nobody inherits a certificate."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState
from websockets.frames import Frame, Opcode

from app.api.server import HEADER_BYTES, Joined, Peers, framed, protocol
from tests.api.made import MadeApi
from tests.api.serving import Serving


class Noted:
    """A transport that notes what is done with it. `named`: extra facts of its peer."""

    def __init__(self, **named: Any) -> None:
        self.done: list[bytes] = []
        self.named = named

    def write(self, data: bytes) -> None:
        """Note it."""
        self.done.append(data)

    def close(self) -> None:
        """Note it."""
        self.done.append(b"(closed)")

    abort = close

    def get_extra_info(self, name: str) -> Any:
        """As a transport's."""
        return self.named.get(name)


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[Serving]:
    """Plain HTTP, patient: what is cut off here is cut off for another reason than time."""
    served = Serving(tmp_path, header_s=60.0)
    yield served
    served.close()


def _asked(served: Serving, path: str = "/v1/live") -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {served.made.texts['chief']}\r\n\r\n".encode()


def _line(served: Serving) -> socket.socket:
    line = socket.create_connection(("localhost", served.port))
    line.settimeout(20)
    return line


def _until(line: socket.socket, word: bytes) -> bytes:
    said = b""
    while word not in said and (more := line.recv(65536)):
        said += more
    return said


def test_that_what_is_written_in_one_turn_is_sent_at_once() -> None:
    transport = Noted(peername="somebody")

    async def write() -> None:
        joined = Joined(transport, asyncio.get_running_loop())  # type: ignore[arg-type]
        joined.write(b"head ")
        joined.write(b"body")
        assert transport.done == []
        await asyncio.sleep(0)
        joined.write(b"next")
        joined.close()
        await asyncio.sleep(0)
        assert joined.get_extra_info("peername") == "somebody"

    asyncio.run(write())
    assert transport.done == [b"head body", b"next", b"(closed)"]


@pytest.mark.parametrize("n", [0, 1, 125, 126, 65_535, 65_536, 70_000])
def test_that_a_frame_made_for_many_is_what_the_library_makes(n: int) -> None:
    assert framed(b"x" * n) == Frame(Opcode.TEXT, b"x" * n).serialize(mask=False)


def test_that_requests_sent_together_are_answered_one_after_the_other(serving: Serving) -> None:
    with _line(serving) as line:
        line.sendall(_asked(serving, "/v1/parents/P0") + _asked(serving, "/v1/parents/P1") + _asked(serving))
        said = _until(line, b'{"status":"ok"}')
    assert said.count(b"HTTP/1.1 200 OK") == 3
    assert 0 < said.index(b'"parent_id":"P0"') < said.index(b'"parent_id":"P1"') < said.index(b'{"status":"ok"}')


@pytest.mark.parametrize("piece", [HEADER_BYTES + 1000, 1000])
def test_that_headers_without_an_end_are_refused(serving: Serving, piece: int) -> None:
    with _line(serving) as line, contextlib.suppress(ConnectionError):
        line.sendall(b"GET /v1/live HTTP/1.1\r\nHost: x\r\nX-Long: ")
        for _ in range(0, 4 * HEADER_BYTES, piece):
            line.sendall(b"x" * piece)
        said = _until(line, b"too long")
        assert said == b"" or b" 400 " in said
        assert line.recv(1000) == b""
    with _line(serving) as line:
        line.sendall(_asked(serving))
        assert b"200 OK" in _until(line, b'"ok"}')


def test_that_long_bodies_are_no_long_headers(serving: Serving) -> None:
    body = b'{"scope": "' + b"x" * 3 * HEADER_BYTES + b'"}'
    head = _asked(serving, "/v1/kill").replace(b"GET", b"POST")[:-2]
    head += f"Idempotency-Key: key-00000001\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    with _line(serving) as line:
        line.sendall(head + body[:100])
        for k in range(100, len(body), 8000):
            line.sendall(body[k : k + 8000])
        said = _until(line, b"}")
    assert b"too long" not in said
    assert said.startswith((b"HTTP/1.1 4", b"HTTP/1.1 2")), said[:200]


def test_that_empty_lines_do_not_hold_a_line_open(tmp_path: Path) -> None:
    served = Serving(tmp_path, header_s=0.4)
    try:
        with _line(served) as line, contextlib.suppress(ConnectionResetError):
            line.sendall(_asked(served))
            _until(line, b'"ok"}')
            line.sendall(b"\r\n")
            assert line.recv(1000) == b""
    finally:
        served.close()


def test_that_a_line_does_not_inherit_the_certificate_of_the_one_before_from_its_port(tmp_path: Path) -> None:
    made = MadeApi(tmp_path)
    peers: Peers = {("10.0.0.1", 4000): "alice.desk", ("10.0.0.2", 4000): "bob.desk"}

    async def arrive(certificate: dict[str, Any] | None) -> None:
        config = uvicorn.Config(made.service.gate, log_config=None, interface="asgi3", lifespan="off")
        line = protocol(made.api, peers)(config, ServerState(), {})
        line.connection_made(Noted(peername=("10.0.0.1", 4000), peercert=certificate))  # type: ignore[arg-type]
        line._in_time()  # type: ignore[attr-defined]

    asyncio.run(arrive(None))
    assert peers == {("10.0.0.2", 4000): "bob.desk"}
    asyncio.run(arrive({"subject": ((("commonName", "guest.desk"),),)}))
    assert peers == {("10.0.0.1", 4000): "guest.desk", ("10.0.0.2", 4000): "bob.desk"}
    made.close()
