"""The wire format of kdb+ as others read it: a small program around the Rust crate `kdbplus`, built once by cargo."""

import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

from app.engine.errors import FeedError
from app.feeds.kdb.connection import Connection, Place
from app.kernel_cache import cache_root
from app.settings_sources import Secret
from tests.parts.ports import free_ports
from tests.patience import eventually

SOURCE: Final = Path(__file__).with_name("kdbplus")
NAME: Final = "second-opinion"
USER: Final = "desk"
WORD: Final = "open"
_BUILD_S: Final = 1_200.0
_ANSWER_S: Final = 60.0


def built() -> Path:
    """The program, built where it is not there yet. Without cargo, or where it does not build, the test fails."""
    files = sorted(path for path in SOURCE.rglob("*") if path.is_file())
    digest = hashlib.blake2b(b"".join(path.read_bytes() for path in files), digest_size=6).hexdigest()
    folder = cache_root() / f"{NAME}-{digest}"
    program = folder / "target" / "release" / NAME
    if program.exists():
        return program
    if shutil.which("cargo") is None:
        pytest.fail("cargo is missing. Run: sudo apt-get install -y cargo pkg-config libssl-dev", pytrace=False)
    shutil.copytree(SOURCE, folder, dirs_exist_ok=True)  # cargo writes beside the source: a lock with addresses
    words = ["cargo", "build", "--release", "--quiet", "--manifest-path", str(folder / "Cargo.toml")]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=_BUILD_S)
    if done.returncode:
        pytest.fail(f"{' '.join(words)}\n{done.stderr[-3000:]}", pytrace=False)
    return program


def said(*words: str) -> list[str]:
    """What the program says to these words, line by line."""
    done = subprocess.run([str(built()), *words], capture_output=True, text=True, check=False, timeout=_ANSWER_S)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


class Echo:
    """A server written by others: says what it decodes, and answers a question with itself, encoded anew."""

    def __init__(self, folder: Path, *, packed: bool = False) -> None:
        accounts = folder / "accounts"
        accounts.write_text(f"{USER}:{hashlib.sha1(WORD.encode()).hexdigest()}\n")
        self._port = free_ports(1)
        words: Sequence[str] = [str(built()), "echo", str(self._port), *(["packed"] if packed else [])]
        self._said = folder / "said"
        with self._said.open("wb") as out:
            self._process = subprocess.Popen(
                words, stdout=out, env={**os.environ, "KDBPLUS_ACCOUNT_FILE": str(accounts)}
            )
        self._connection = eventually(self._connected, 30)

    def _connected(self) -> Connection | None:
        try:
            return Connection(Place("127.0.0.1", self._port, USER, Secret(WORD)))
        except FeedError:  # it does not listen yet
            assert self._process.poll() is None, "it ended"
            return None

    def asked(self, message: bytes) -> bytes:
        """What comes back for a message."""
        self._connection.send(message)
        found: list[bytes] = []
        while not found:
            found = self._connection.receive()
        return found[0]

    def heard(self) -> list[str]:
        """What it has said so far; it says what it hears before it answers."""
        return self._said.read_text("utf-8").splitlines()

    def close(self) -> None:
        """End it."""
        self._connection.close()
        self._process.kill()
        self._process.wait()


@contextmanager
def echo(folder: Path, *, packed: bool = False) -> Iterator[Echo]:
    """The server for the time of a test."""
    server = Echo(folder, packed=packed)
    try:
        yield server
    finally:
        server.close()
