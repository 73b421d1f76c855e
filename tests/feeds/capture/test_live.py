"""A live interface: the loopback listened to, with ns stamps; refusals in words."""

import socket
import struct
import threading
import time

import pytest

from app.engine.errors import FeedError, SettingsError
from app.feeds.capture.cutting import CutPlan, Cutter
from app.feeds.capture.live import LiveInterface, stamped
from app.feeds.capture.records import Record
from tests.feeds.capture.wire import order

MESSAGES = [order(n) for n in range(1, 60)]


def talk(port: int) -> None:
    """One side sends orders to the other over the loopback."""
    with socket.create_connection(("127.0.0.1", port)) as line:
        for message in MESSAGES:
            line.sendall(message)


@pytest.mark.slow
def test_that_orders_sent_over_the_loopback_are_captured_with_their_stamps() -> None:
    before = time.time_ns()
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        cutter = Cutter("lo", CutPlan(kind="fix", ports=frozenset({port})))
        records: list[Record] = []
        deadline = time.monotonic() + 20
        with LiveInterface("lo", lambda: len(records) == len(MESSAGES) or time.monotonic() > deadline) as interface:
            sender = threading.Thread(target=talk, args=(port,))
            sender.start()
            line, _ = server.accept()
            for frames in interface.pieces():
                records += cutter.take(frames)
            assert interface.dropped() == 0
            assert interface.frames > 3
            sender.join(10)
            line.close()
    assert [record.payload for record in records] == MESSAGES
    stamps = [record.ts_ns for record in records]
    assert stamps == sorted(stamps)
    assert before < stamps[0] <= stamps[-1] < time.time_ns()
    assert len({stamp % 1_000 for stamp in stamps}) > 1 or len(set(stamps)) == 1


def test_that_an_interface_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(SettingsError, match=r"name = 'nowhere0' is not allowed; allowed: .*lo"):
        LiveInterface("nowhere0", lambda: True)


def test_that_without_the_right_to_read_frames_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_words: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(socket, "socket", refused)
    with pytest.raises(FeedError, match="run as root, or give the interpreter CAP_NET_RAW"):
        LiveInterface("lo", lambda: True)


def test_that_a_machine_without_raw_sockets_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(socket, "AF_PACKET")
    with pytest.raises(FeedError, match="capture to a file and give its path"):
        LiveInterface("lo", lambda: True)


def test_that_the_cards_own_stamp_is_preferred() -> None:
    software = (socket.SOL_SOCKET, 35, struct.pack("@ll", 5, 7))
    card = (socket.SOL_SOCKET, 37, struct.pack("@llllll", 0, 0, 0, 0, 9, 11))
    none = (socket.SOL_SOCKET, 37, struct.pack("@llllll", 5, 6, 0, 0, 0, 0))
    assert stamped([software, card]) == (9_000_000_011, True)
    assert stamped([none, software]) == (5_000_000_007, False)
    assert stamped([(1_234, 35, b""), (socket.SOL_SOCKET, 35, b"x")]) == (0, False)
