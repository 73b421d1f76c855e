"""The scripted EMS for tests: one for a run of the suite, shared by its workers; one of its own for who kills it."""

import itertools
import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from scripts.fix import peer as built
from tests.parts.kafka import locked
from tests.parts.ports import free_ports
from tests.patience import eventually

HEAP = "128m"
STORE_PASSWORD = "store-password"
_USERS = itertools.count()
_STARTED: dict[int, subprocess.Popen[bytes]] = {}  # by this worker; the last user ends it, whoever that is


class Peer:
    """One process of the peer. `home` outlives it: its sequence numbers are there."""

    def __init__(self, home: Path, port: int = 0, *, secure: bool = False) -> None:
        self.home = home
        self.port = port or free_ports(2)
        self._secure = secure
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait for its control socket."""
        folder = built()
        self.home.mkdir(parents=True, exist_ok=True)
        words = ["java", f"-Xmx{HEAP}", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto"]
        words += ["-cp", f"{folder / 'classes'}:{folder / 'lib'}/*", "FixPeer", str(self.home), str(self.port)]
        if self._secure:
            words += [str(self._store("ems")), STORE_PASSWORD]
        out = self.home / "peer.out"
        out.unlink(missing_ok=True)
        with out.open("wb") as file, (self.home / "peer.log").open("ab") as log:
            self.process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=file, stderr=log)
        eventually(lambda: b"control" in out.read_bytes(), 60, (self.home / "peer.log").read_text)

    def kill(self) -> None:
        """End it at once, without a word to anybody."""
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait(20)

    def told(self, client: str) -> "Script":
        """A line to it on behalf of one of its clients."""
        control = int((self.home / "peer.out").read_text().split()[1])
        return Script(control, client)

    @property
    def authority(self) -> Path:
        """The certificate that signs its own."""
        return self.home / "ems.pem"

    def stranger(self) -> Path:
        """A certificate of somebody else."""
        self._store("stranger")
        return self.home / "stranger.pem"

    def _store(self, name: str) -> Path:
        store = self.home / f"{name}.p12"
        if not store.exists():
            kept = ["-keystore", str(store), "-storetype", "PKCS12", "-storepass", STORE_PASSWORD, "-alias", name]
            made = [
                "-genkeypair",
                "-keyalg",
                "RSA",
                "-validity",
                "30",
                "-dname",
                f"CN={name}",
                "-ext",
                "SAN=ip:127.0.0.1",
            ]
            subprocess.run(["keytool", *made, *kept], check=True, capture_output=True)
            told = ["-exportcert", "-rfc", "-file", str(self.home / f"{name}.pem")]
            subprocess.run(["keytool", *told, *kept], check=True, capture_output=True)
        return store


class Held(NamedTuple):
    """An order as the peer has it."""

    order_id: str
    qty: int
    cum: int
    status: str

    @property
    def working(self) -> int:
        """Shares that may still be done."""
        return 0 if self.status in {"2", "4", "8", "C", "3"} else self.qty - self.cum


class Script:
    """Tells the peer what to do with one client's messages."""

    def __init__(self, control: int, client: str) -> None:
        self.client = client
        self._socket = socket.create_connection(("127.0.0.1", control), 20)
        self._file = self._socket.makefile("rw", encoding="latin-1", newline="\n")

    def close(self) -> None:
        """Hang up."""
        self._file.close()
        self._socket.close()

    def ask(self, verb: str, words: str = "") -> str:
        """One command; what it says."""
        self._file.write(f"{self.client} {verb} {words}".rstrip() + "\n")
        self._file.flush()
        lines = []
        while (line := self._file.readline()) != ".\n":
            assert line, "the peer hung up"
            lines.append(line.rstrip("\n"))
        answer = "\n".join(lines)
        assert not answer.startswith(("fault", "unknown verb")), answer
        return answer

    def order(self, order_id: str, cl_ord_id: str, qty: int, tags: str) -> None:
        """A new order of the EMS's own, told to the client; tags as 54=1|55=X."""
        self.ask("order", f"{order_id} {cl_ord_id} {qty} {tags}")

    def on(self, kind: str, words: str) -> None:
        """What to do with the next request of a kind; several are kept in their order."""
        self.ask("on", f"{kind} {words}")

    def do(self, order_id: str, words: str) -> None:
        """Something happens to an order without being asked for."""
        self.ask("do", f"{order_id} {words}")

    def release(self) -> None:
        """Go on where scripts said `hold`."""
        self.ask("release")

    def journal(self) -> list[dict[int, str]]:
        """Messages of both sides so far, tag by tag; of a repeated tag the last. The client's have a 49."""
        return [
            {int(tag): value for tag, _, value in (part.partition("=") for part in line.split("|") if part)}
            for line in self.ask("received").splitlines()
        ]

    def received(self, kinds: str = "DFGq") -> list[dict[int, str]]:
        """Messages of the client so far."""
        return [tags for tags in self.journal() if 49 in tags and tags[35] in kinds]

    def orders(self, parent: str) -> list[Held]:
        """What the peer holds of a parent."""
        lines = (line.split() for line in self.ask("orders").splitlines())
        return [Held(o, int(qty), int(cum), status) for o, p, qty, cum, status in lines if p == parent]

    def kinds(self, kinds: str = "DFGq") -> str:
        """Their types."""
        return "".join(tags[35] for tags in self.received(kinds))


@contextmanager
def shared_peer(root: Path) -> Iterator[Peer]:
    """A peer of this run: the first worker starts it, the last one ends it."""
    home = root / "fix-peer"
    users = home / "users"
    users.mkdir(parents=True, exist_ok=True)
    mine = users / f"{os.getpid()}-{next(_USERS)}"  # each module that names the fixture has one of its own
    with locked(home / "lock"):
        port, pid = home / "port", home / "pid"
        running = Peer(home, int(port.read_text()) if port.exists() else 0)
        if not pid.exists():
            running.start()
            assert running.process is not None
            port.write_text(str(running.port))
            pid.write_text(str(running.process.pid))
            _STARTED[running.process.pid] = running.process
        mine.touch()
    try:
        yield running
    finally:
        with locked(home / "lock"):
            mine.unlink()
            if not any(users.iterdir()):
                number = int(pid.read_text())
                os.kill(number, signal.SIGKILL)
                pid.unlink()
                started = _STARTED.pop(number, None)
                if started is not None:
                    started.wait(20)


@pytest.fixture(scope="session")
def peer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peer]:
    """The peer of this run of the suite; nobody stops it."""
    base = tmp_path_factory.getbasetemp()
    with shared_peer(base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) as running:
        yield running


@pytest.fixture
def own_peer(tmp_path: Path) -> Iterator[Peer]:
    """One that may be killed; TLS at its second port."""
    running = Peer(tmp_path / "peer", secure=True)
    running.start()
    try:
        yield running
    finally:
        running.kill()
