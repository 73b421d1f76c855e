"""An EMS that garbles what it says: a FIX acceptor of a few lines that keeps its numbers over every reconnection."""

import random
import socket
import threading
from contextlib import suppress

from app.feeds.decode.fix_wire import Header, built
from tests.control.made import T0


class RudeEms:
    """Answers logons, test requests and resend requests as it should; everything else is told by `say`."""

    def __init__(self, client: str) -> None:
        self._client = client
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.kinds: list[str] = []  # of the client's messages
        self._seq = 0
        self._guest: socket.socket | None = None
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """The end."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(10)

    def say(self, kind: str, fields: list[tuple[int, str]], garble: random.Random | None = None) -> None:
        """A message with the next number; garbled on its way, if so wanted."""
        with self._lock:
            self._seq += 1
            raw = built(self._header(self._seq), kind, fields)
        self._write(raw if garble is None else garbled(raw, garble))

    def _header(self, seq: int) -> Header:
        return Header("EMS", self._client, seq, T0)

    def _write(self, raw: bytes) -> None:
        guest = self._guest
        if guest is not None:
            with suppress(OSError):
                guest.sendall(raw)

    def _run(self) -> None:
        while True:
            try:
                self._guest, _ = self._listener.accept()
            except OSError:
                return
            with suppress(OSError), self._guest as guest:
                data = b""
                while more := guest.recv(65_536):
                    *whole, data = _split(data + more)
                    for raw in whole:
                        self._hear(raw)

    def _hear(self, raw: bytes) -> None:
        tags = {part.partition(b"=")[0]: part.partition(b"=")[2].decode() for part in raw.split(b"\x01")}
        kind = tags.get(b"35", "")
        self.kinds.append(kind)
        if kind == "A":
            self.say("A", [(98, "0"), (108, tags[b"108"])])
        elif kind == "1":
            self.say("0", [(112, tags[b"112"])])
        elif kind == "2":
            with self._lock:
                first, following = int(tags[b"7"]), self._seq + 1
            fill = Header("EMS", self._client, first, T0, T0)
            self._write(built(fill, "4", [(123, "Y"), (36, str(following))]))


def _split(data: bytes) -> list[bytes]:
    """Whole messages, and what is left."""
    found = []
    while (end := data.find(b"\x0110=")) >= 0 and len(data) >= end + 8:
        found.append(data[: end + 8])
        data = data[end + 8 :]
    return [*found, data]


def garbled(raw: bytes, dice: random.Random) -> bytes:
    """Bytes flipped, cut, doubled, or a BodyLength that lies."""
    data = bytearray(raw)
    match dice.randrange(5):
        case 0:
            for _ in range(dice.randint(1, 5)):
                data[dice.randrange(len(data))] = dice.randrange(256)
        case 1:
            del data[dice.randrange(len(data)) :]
        case 2:
            at = data.index(b"\x019=") + 3
            data[at : data.index(b"\x01", at)] = str(dice.choice([0, 1, 10_000, 5, 99])).encode()
        case 3:
            at = dice.randrange(len(data))
            data[at:at] = data[:at]
        case _:
            data[dice.randrange(len(data))] = 1
    return bytes(data)
