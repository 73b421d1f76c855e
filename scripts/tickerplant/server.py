"""What a tickerplant does, as far as its clients can tell: .u.sub, .u.upd, its log, its tables, a few fixed questions.

No kdb+ runs here and none of its code: the answers were written from the published tick.q and the description of the
protocol. Real q has not been run against this project (see the guide).
"""

import contextlib
import datetime as dt
import os
import queue
import re
import socket
import ssl
import struct
import threading
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import numpy as np

from scripts.tickerplant.qipc import QError, Table, compressed, decode, encode, end_of, error, expanded, message

ROOT: Final = Path(__file__).resolve().parents[2]
SCHEMA: Final = ROOT / "resources" / "kdb" / "schema.q"
LOG_HEADER: Final = b"\xff\x01\x00\x00\x00\x00\x00\x00"
TYPES: Final = {
    "timestamp": "M8[ns]", "timespan": "m8[ns]", "symbol": "S", "long": "i8", "float": "f8", "boolean": "?",
    "int": "i4", "string": "O",
}  # fmt: skip
_TABLE: Final = re.compile(r"^(\w+):\(\[\]\s*(.*?)\)$", re.MULTILINE | re.DOTALL)
_COLUMN: Final = re.compile(r"(\w+):(?:`(\w+)\$\(\)|\(\))")
_SUBSCRIBE: Final = re.compile(r"\(\.u\.sub\[`(\w*);(.*?)\];\.u\.d;(.*)\)")
_PIECE: Final = re.compile(r"select from (.+) where i within (\d+) (\d+)")
_CHOSEN: Final = re.compile(r"\(select from (\w+) where sym in (?:enlist )?(`\S+)\)")
_WHERE: Final = re.compile(r"select from (\w+)(?: where (\w+)=`\$\"(.*)\")?")
_COUNT: Final = re.compile(r"count (.+)")

Schema = dict[str, list[tuple[str, str]]]


def schema_of(path: Path) -> Schema:
    """Tables of a q file: name -> (column, type); a column without a type holds strings."""
    text = re.sub(r"(?m)^\s*/.*$|\s/ .*$", "", path.read_text(encoding="utf-8"))
    return {
        name: [(column, TYPES[kind or "string"]) for column, kind in _COLUMN.findall(body)]
        for name, body in _TABLE.findall(text)
    }


class _Client:
    """A connection: what is sent to it leaves in order by a thread of its own, so that a slow one stops nobody."""

    def __init__(self, connection: socket.socket) -> None:
        self.socket = connection
        self.symbols: dict[str, frozenset[bytes] | None] = {}
        self.queue: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self.cut = False
        threading.Thread(target=self._write, daemon=True).start()

    def _write(self) -> None:
        while (data := self.queue.get()) is not None:
            try:
                self.socket.sendall(data)
            except OSError:
                return
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)


class Tickerplant:
    """Serves until closed. `port` 0 picks a free one. `pack`: long messages are compressed, as kdb+ does remotely."""

    def __init__(self, schema: Schema, log: Path | None = None, port: int = 0) -> None:
        self.schema = schema
        self.day: np.datetime64 = np.datetime64(dt.datetime.now(dt.UTC).date())
        self.messages = 0
        self.pack = False
        self.pieces = 0  # of missed parts, that were asked for
        self.log = log
        self.data: dict[str, list[list[Any]]] = {name: [] for name in schema}
        self._lock = threading.RLock()
        self._clients: list[_Client] = []
        self._login: tuple[str, str] | None = None
        self._tls: ssl.SSLContext | None = None
        self._port = port
        self._listener: socket.socket | None = None
        if log is not None and not log.exists():
            log.write_bytes(LOG_HEADER)
        elif log is not None:
            self._read_back(log.read_bytes())

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._port

    @property
    def subscribers(self) -> int:
        """Connections that subscribed to a table."""
        with self._lock:
            return sum(bool(client.symbols) for client in self._clients)

    def admit(self, user: str, variable: str) -> None:
        """Only this user, with the password of an environment variable, may log in."""
        self._login = user, os.environ.get(variable, "")

    def secure(self, certificate: Path, key: Path) -> None:
        """Speak TLS with those who connect from now on."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self._tls = context

    def __enter__(self) -> Self:
        self.listen()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, reason: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def listen(self) -> None:
        """Open the port, again on the same one after `close`."""
        self._listener = socket.create_server(("127.0.0.1", self._port), backlog=16)
        self._port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def close(self) -> None:
        """Close the port and every connection."""
        if self._listener is not None:
            with contextlib.suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
        self.hang_up()

    def hang_up(self) -> None:
        """Close every connection as it is: in the middle of a message, where one is being sent."""
        with self._lock:
            clients, self._clients = self._clients, []
        for client in clients:
            with contextlib.suppress(OSError):
                client.socket.shutdown(socket.SHUT_RDWR)
            client.queue.put(None)

    def cut_next(self) -> None:
        """The next update reaches every subscriber by half, then the connection ends."""
        with self._lock:
            for client in self._clients:
                client.cut = True

    def end_day(self, day: np.datetime64) -> None:
        """`.u.end`: tables begin anew, with a new log."""
        with self._lock:
            note = message([b".u.end", self.day])
            for client in self._clients:
                if client.symbols:
                    client.queue.put(note)
            self.day, self.messages = day, 0
            self.data = {name: [] for name in self.schema}
            if self.log is not None:
                self.log = self.log.with_name(f"{self.log.stem}.{day}")
                self.log.write_bytes(LOG_HEADER)

    def update(self, table: str, columns: list[Any]) -> None:
        """Rows for a table: into the log, into the table, to whoever subscribed."""
        made = [_column(values, kind) for values, (_, kind) in zip(columns, self.schema[table], strict=True)]
        with self._lock:
            if self.log is not None:
                with self.log.open("ab") as file:
                    file.write(encode([b"upd", table.encode(), made]))
            self.messages += 1
            self.data[table].append(made)
            self._publish(table, made)

    def whole(self, table: str) -> Table:
        """A table, or a choice of its symbols, with all of its rows."""
        if found := _CHOSEN.fullmatch(table):
            chosen = self.whole(found[1])
            keep = np.isin(chosen.columns[chosen.names.index("sym")], found[2].encode().split(b"`")[1:])
            return Table(chosen.names, [values[keep] for values in chosen.columns])
        parts = self.data[table]
        columns = []
        for index, (_, kind) in enumerate(self.schema[table]):
            columns.append(np.concatenate([part[index] for part in parts]) if parts else _column([], kind))
        return Table([name for name, _ in self.schema[table]], columns)

    def _publish(self, table: str, columns: list[Any]) -> None:
        names = [name for name, _ in self.schema[table]]
        whole: bytes | None = None
        for client in self._clients:
            if table not in client.symbols:
                continue
            wanted = client.symbols[table]
            if wanted is None:
                whole = whole or self._packed(message([b"upd", table.encode(), Table(names, columns)]))
                data = whole
            else:
                keep = np.isin(columns[names.index("sym")], list(wanted))
                if not keep.any():
                    continue
                chosen = Table(names, [values[keep] for values in columns])
                data = self._packed(message([b"upd", table.encode(), chosen]))
            if client.cut:
                client.queue.put(data[: len(data) // 2])
                client.queue.put(None)
                client.symbols = {}
            else:
                client.queue.put(data)

    def _packed(self, plain: bytes) -> bytes:
        return compressed(plain) if self.pack else plain

    def _read_back(self, data: bytes) -> None:
        at = len(LOG_HEADER)
        while at < len(data):
            end = end_of(data, at)
            _, table, columns = decode(data[at:end])
            self.data[table.decode()].append(columns)
            self.messages += 1
            at = end

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        client: _Client | None = None
        try:
            if self._tls is not None:
                connection = self._tls.wrap_socket(connection, server_side=True)
            if not self._admitted(connection):
                return
            client = _Client(connection)
            with self._lock:
                self._clients.append(client)
            while True:
                kind, body = _received(connection)
                self._answer(client, kind, body)
        except (OSError, EOFError, struct.error):
            pass
        finally:
            if client is not None:
                with self._lock:
                    if client in self._clients:
                        self._clients.remove(client)
                client.queue.put(None)
            connection.close()

    def _admitted(self, connection: socket.socket) -> bool:
        words = b""
        while not words.endswith(b"\0"):
            part = connection.recv(1024)
            if not part:
                return False
            words += part
        user, _, password = words[:-2].decode("latin1").partition(":")
        if self._login is not None and (user, password) != self._login:
            return False
        connection.sendall(b"\x03")
        return True

    def _answer(self, client: _Client, kind: int, body: bytes) -> None:
        with self._lock:
            try:
                answer = message(self._do(client, decode(body)), 2)
            except (QError, KeyError, ValueError, TypeError, IndexError) as reason:
                answer = error(str(reason).strip("'")[:100])
            if kind == 1:
                client.queue.put(self._packed(answer))

    def _do(self, client: _Client, asked: Any) -> Any:
        if isinstance(asked, str):
            return self._question(client, asked)
        name = asked[0].decode() if isinstance(asked[0], bytes) else asked[0]
        if name == ".u.sub":
            return self._subscribed(client, asked[1].decode(), _symbols(asked[2]))
        if name == ".u.upd":
            columns = asked[2].columns if isinstance(asked[2], Table) else asked[2]
            self.update(asked[1].decode(), columns)
            return None
        raise QError(name)

    def _question(self, client: _Client, text: str) -> Any:
        if found := _SUBSCRIBE.fullmatch(text):
            table, symbols, rest = found.groups()
            words = symbols.removeprefix("enlist ").split("`")[1:]
            wanted = None if symbols == "`" else frozenset(word.encode() for word in words)
            answer = [self._subscribed(client, table, wanted), self.day]
            parts = rest.split(";.u.sub[")
            if rest.startswith("count "):
                answer += [len(self.whole(parts[0][6:].removesuffix(";`")).columns[0]), b""]
            else:
                answer += [self.messages, f":{self.log}".encode() if self.log else b""]
            if len(parts) > 1:
                beside = parts[1].split(";")[0].removeprefix("`")
                answer += [self._subscribed(client, beside, None), self.whole(beside)]
            return answer
        if found := _PIECE.fullmatch(text):
            table, first, last = found[1], int(found[2]), int(found[3])
            self.pieces += 1
            whole = self.whole(table)
            return Table(whole.names, [values[first : last + 1] for values in whole.columns])
        if text == ".u.i":
            return self.messages
        if text == ".u.endofday[]":
            self.end_day(self.day + np.timedelta64(1, "D"))
            return None
        if found := _COUNT.fullmatch(text):
            return len(self.whole(found[1]).columns[0])
        if found := _WHERE.fullmatch(text):
            whole = self.whole(found[1])
            if found[2] is None:
                return whole
            keep = whole.columns[whole.names.index(found[2])] == found[3].encode()
            return Table(whole.names, [values[keep] for values in whole.columns])
        raise QError(re.split(r"[\[ ]", text, maxsplit=1)[0])

    def _subscribed(self, client: _Client, table: str, symbols: frozenset[bytes] | None) -> list[Any]:
        if table not in self.schema:
            raise QError(table)
        client.symbols[table] = symbols
        kinds = self.schema[table]
        return [table.encode(), Table([name for name, _ in kinds], [_column([], kind) for _, kind in kinds])]


def _symbols(asked: Any) -> frozenset[bytes] | None:
    if isinstance(asked, bytes):
        return frozenset({asked}) if asked else None
    return frozenset(asked.tolist())


def _column(values: Any, kind: str) -> Any:
    if kind == "O":
        found = np.empty(len(values), object)
        found[:] = list(values)
        return found
    array = np.atleast_1d(np.asarray(values))
    return array.astype(kind if kind != "S" or len(array) else "S1")


def _received(connection: socket.socket) -> tuple[int, bytes]:
    head = _exactly(connection, 8)
    (size,) = struct.unpack_from("<I", head, 4)
    body = _exactly(connection, size - 8)
    return head[1], expanded(head + body)[8:] if head[2] else body


def _exactly(connection: socket.socket, count: int) -> bytes:
    data = bytearray()
    while len(data) < count:
        part = connection.recv(count - len(data))
        if not part:
            raise EOFError
        data += part
    return bytes(data)
