"""The line to kdb+: whole messages whoever cuts them, lost ones said in words, a login that never shows its secret."""

import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.engine.errors import DecodeError, FeedError, SettingsError
from app.engine.events import Block, OrderRow
from app.engine.universe import Universe
from app.feeds.decode.rows import blank
from app.feeds.kdb import wire
from app.feeds.kdb.connection import Connection, Place, place_of, store_of
from app.feeds.kdb.reader import Down, Reader, Up
from app.feeds.kdb.sender import Sender
from app.settings import load_settings
from app.settings_sources import KdbSource, Secret
from scripts.tickerplant.server import SCHEMA, Tickerplant, schema_of
from tests.patience import eventually

WORD = "correct-horse"
MESSAGE = wire.header(wire.ASYNC, 3) + b"abc"


class Other:
    """The other side of a line: accepts one connection after the other, answers the login, does what it is told."""

    def __init__(self, answer: bytes = b"\x03") -> None:
        self.logins: list[bytes] = []
        self.lines: list[socket.socket] = []
        self._answer = answer
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def _accept(self) -> None:
        while True:
            try:
                line, _ = self._listener.accept()
            except OSError:
                return
            words = part = line.recv(64)
            while part and not words.endswith(b"\0"):
                words += (part := line.recv(64))
            self.logins.append(words)
            if part and self._answer:
                line.sendall(self._answer)
                self.lines.append(line)
            else:
                line.close()

    def close(self) -> None:
        """Nobody is there any more."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()
        for line in self.lines:
            line.close()


@pytest.fixture
def other() -> Iterator[Other]:
    made = Other()
    yield made
    made.close()


@pytest.fixture
def nobody() -> Iterator[socket.socket]:
    """Keeps a port that nobody listens on."""
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        yield made


@pytest.fixture
def plant() -> Iterator[Tickerplant]:
    with Tickerplant(schema_of(SCHEMA)) as made:
        yield made


def place(port: int, user: str = "ann", word: str = WORD) -> Place:
    return Place("127.0.0.1", port, user, Secret(word))


def line_of(other: Other, number: int = 0) -> socket.socket:
    """The other side's end of a connection, once it has been let in."""
    eventually(lambda: len(other.lines) > number)
    return other.lines[number]


@pytest.mark.parametrize(("user", "word"), [("ann", WORD), ("", ""), ("ann", ""), ("ä", "ö:ü")])
def test_that_a_login_is_user_and_password_and_the_end_of_it(other: Other, user: str, word: str) -> None:
    Connection(place(other.port, user, word)).close()
    assert other.logins == [f"{user}:{word}".encode() + b"\x03\x00"]


def test_that_a_refused_login_names_the_user_and_never_the_password() -> None:
    deaf = Other(answer=b"")
    with pytest.raises(FeedError) as refused:
        Connection(place(deaf.port))
    deaf.close()
    assert str(refused.value) == f"kdb+ 127.0.0.1:{deaf.port}: refused the login of user 'ann'"
    assert WORD not in repr(place(deaf.port))


def test_that_a_port_nobody_listens_on_is_named(nobody: socket.socket) -> None:
    port = nobody.getsockname()[1]
    with pytest.raises(FeedError, match=rf"^kdb\+ 127\.0\.0\.1:{port}: cannot be reached: Connection refused$"):
        Connection(place(port))


def test_that_one_who_never_answers_the_login_is_not_waited_for_for_ever() -> None:
    silent = socket.create_server(("127.0.0.1", 0))
    with silent, pytest.raises(FeedError, match="no answer to the login: timed out"):
        Connection(place(silent.getsockname()[1]), timeout_s=0.05)


@pytest.mark.parametrize("cut", [1, 7, 8, 10])
def test_that_a_message_in_two_pieces_is_one(other: Other, cut: int) -> None:
    connection = Connection(place(other.port))
    line = line_of(other)
    line.sendall(MESSAGE[:cut])
    assert connection.receive() == []
    line.sendall(MESSAGE[cut:] + MESSAGE)
    found: list[bytes] = []
    while len(found) < 2:
        found += connection.receive()
    assert found == [MESSAGE, MESSAGE]
    connection.close()


def test_that_a_line_that_ends_is_said_in_words(other: Other) -> None:
    connection = Connection(place(other.port))
    line_of(other).close()
    with pytest.raises(FeedError, match="closed the connection"):
        connection.receive()
    connection.close()
    with pytest.raises(FeedError, match="connection lost while writing"):
        connection.send(MESSAGE)


def test_that_bytes_that_are_no_message_are_a_complaint_with_place_and_offset(other: Other) -> None:
    connection = Connection(place(other.port))
    line_of(other).sendall(MESSAGE + b"HTTP/1.1 400")
    with pytest.raises(DecodeError, match=rf"^kdb\+ 127\.0\.0\.1:{other.port} offset {len(MESSAGE)}: byte order = 72 "):
        connection.receive()
    connection.close()


def test_that_certificates_that_are_not_there_are_named(other: Other, tmp_path: Path) -> None:
    absent = str(tmp_path / "absent.pem")
    with pytest.raises(FeedError, match=r"certificates .*absent\.pem' are not there"):
        Connection(Place("127.0.0.1", other.port, tls=True, ca=absent))


def test_that_places_are_those_of_the_settings_and_passwords_only_references() -> None:
    source = KdbSource(host="tp", port=5011, user="ann", password="env:KDB", tls=True, ca="ca.pem")
    assert place_of(source, Secret(WORD)) == Place("tp", 5011, "ann", Secret(WORD), tls=True, ca="ca.pem")
    assert str(place_of(source, Secret(WORD))) == "kdb+ tp:5011"
    settings = load_settings(None, {"SCORECARD_KDB_PASSWORD": "env:NONE_OF_THIS_NAME"})
    with pytest.raises(SettingsError, match=r"kdb\.password: the environment variable NONE_OF_THIS_NAME is not set"):
        store_of(settings.kdb)


class Taking:
    """A reader and everything it has given."""

    def __init__(self, port: int, question: bytes = MESSAGE) -> None:
        self.woken = threading.Event()
        self.items: list[bytes | Up | Down] = []
        self.reader = Reader(place(port), lambda: question, self.woken.set)
        self.reader.start()

    def until(self, done: Callable[[list[bytes | Up | Down]], bool]) -> list[bytes | Up | Down]:
        """What has come once it is so."""

        def look() -> bool:
            self.items += self.reader.take(1)
            return done(self.items)

        eventually(look)
        return self.items


@pytest.fixture
def taking(other: Other) -> Iterator[Taking]:
    made = Taking(other.port)
    yield made
    made.reader.close()


def test_that_a_reader_asks_first_and_hands_on_what_comes_in_order(other: Other, taking: Taking) -> None:
    line = line_of(other)
    assert line.recv(64) == MESSAGE
    messages = [wire.header(wire.REPLY, 1) + bytes([number]) for number in range(50)]
    line.sendall(b"".join(messages))
    items = taking.until(lambda found: len(found) > 50)
    assert items == [Up(), *messages]
    assert taking.woken.is_set()


def test_that_a_line_that_ends_is_opened_again_and_asked_again(other: Other, taking: Taking) -> None:
    line_of(other).sendall(MESSAGE + MESSAGE[:5])  # the half of a message is lost with its line
    taking.until(lambda found: MESSAGE in found)
    other.lines[0].close()
    again = line_of(other, 1)
    assert again.recv(64) == MESSAGE
    again.sendall(MESSAGE)
    items = taking.until(lambda found: found.count(MESSAGE) == 2)
    kinds = [type(item) for item in items]
    assert kinds == [Up, bytes, Down, Up, bytes]


def test_that_a_line_that_makes_no_sense_is_dropped_with_the_reason_given(other: Other, taking: Taking) -> None:
    line_of(other)
    taking.until(lambda found: Up() in found)
    taking.reader.drop("the answer is none")
    items = taking.until(lambda found: found.count(Up()) == 2)
    assert items[1] == Down("the answer is none")
    assert line_of(other, 1).recv(64) == MESSAGE


def test_that_a_reader_that_cannot_connect_says_so_and_stops_when_it_is_told(nobody: socket.socket) -> None:
    taking = Taking(nobody.getsockname()[1])
    (first, *_) = taking.until(lambda found: len(found) >= 1)
    assert isinstance(first, Down)
    assert "cannot be reached" in first.reason
    taking.reader.send(MESSAGE)  # nobody is there: nothing happens
    taking.reader.close()
    taking.reader.close()


def trades(universe: Universe, count: int) -> Block:
    rows = blank(count)
    rows["action"], rows["ts_event"], rows["price"], rows["size"] = ord("T"), 10**18, 5, range(1, count + 1)
    rows["instrument"], rows["venue"] = universe.instruments.index("AAPL"), universe.venues.index("XNAS")
    rows["source"] = universe.sources.index("XNAS")
    return Block(10**18, rows)


@pytest.mark.slow
def test_that_a_day_goes_where_its_roles_say_and_every_row_once(plant: Tickerplant) -> None:
    universe = Universe()
    sources = {
        "market": KdbSource(port=plant.port, role="market"),
        "flow": KdbSource(port=plant.port, role="orders", table="orders"),
    }
    sender = Sender(sources, universe)
    assert sender.places == [f"kdb+ 127.0.0.1:{plant.port} market", f"kdb+ 127.0.0.1:{plant.port} orders"]
    sender.publish(trades(universe, 2_500))
    sender.flush()
    whole = plant.whole("market")
    assert whole.columns[whole.names.index("size")].tolist() == list(range(1, 2_501))
    assert len(plant.whole("orders").columns[0]) == 0
    assert sender.messages == 3  # of at most a thousand rows
    sender.end(0)


@pytest.mark.slow
def test_that_a_day_sent_at_once_goes_in_few_messages_over_one_connection(plant: Tickerplant) -> None:
    universe = Universe()
    tables = {
        "market": KdbSource(port=plant.port, role="market"),
        "flow": KdbSource(port=plant.port, role="orders", table="orders"),
    }
    sender = Sender(tables, universe, gathered=500)
    for place in range(12):
        block = trades(universe, 50)
        own = OrderRow(ts_event=10**18, kind="parent_new", source="ems", seq=place, parent_id=f"P{place}")
        sender.publish(Block(block.watermark, block.market, (own,)))
    assert sender.messages == 2, "the first five hundred rows; the rest waits"
    sender.flush()
    assert len(plant._clients) == 1, "own rows are there no later than the market rows behind them"
    assert sender.messages == 4
    market, orders = plant.whole("market"), plant.whole("orders")
    assert market.columns[market.names.index("size")].tolist() == [*range(1, 51)] * 12
    assert orders.columns[orders.names.index("seq")].tolist() == list(range(12))
    sender.end(0)


def test_that_a_sender_without_a_table_is_told_how_to_name_one() -> None:
    with pytest.raises(SettingsError, match=r"sources = \[\] is not allowed; allowed: a table \[sources\.NAME\]"):
        Sender({}, Universe())


@pytest.mark.slow
def test_that_a_table_the_tickerplant_lacks_is_asked_about_in_its_own_words(plant: Tickerplant) -> None:
    universe = Universe()
    sender = Sender({"none": KdbSource(port=plant.port)}, universe)
    with pytest.raises(DecodeError, match="answered with the error 'ghost'"):
        sender._written[0].publisher.ask("select from ghost")
    sender.close()
    with pytest.raises(FeedError, match="connection lost while writing"):
        sender.publish(trades(universe, 1))
