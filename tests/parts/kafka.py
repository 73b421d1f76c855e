"""A real broker for tests: one for a run of the suite, shared by its workers; one of its own for who breaks it."""

import fcntl
import itertools
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from scripts.kafka import Broker
from tests.parts.ports import free_ports

_USERS = itertools.count()
_PORTS = 5  # a broker with secure listeners takes so many, one after the other


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """One worker at a time."""
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def shared_broker(root: Path, *, secure: bool = False, brief: bool = True) -> Iterator[Broker]:
    """A broker of this run: the first worker starts it, the last one ends it."""
    home = root / ("kafka-secure" if secure else "kafka" if brief else "kafka-fast")
    users = home / "users"
    users.mkdir(parents=True, exist_ok=True)
    mine = users / f"{os.getpid()}-{next(_USERS)}"  # each that asks for it has one of its own
    port_file = home / "port"
    with locked(home / "lock"):
        if not port_file.exists():
            port_file.write_text(str(free_ports(_PORTS)))
        broker = Broker(home, int(port_file.read_text()), secure, brief)
        broker.start()
        mine.touch()
    try:
        yield broker
    finally:
        with locked(home / "lock"):
            mine.unlink()
            if not any(users.iterdir()):
                broker.stop(signal.SIGKILL)  # its data go with the folder


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """The broker of this run of the suite; nobody stops it."""
    with shared_broker(_root(tmp_path_factory)) as running:
        yield running


@pytest.fixture(scope="session")
def fast_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """One whose own speed does not stand in the way of what is timed."""
    with shared_broker(_root(tmp_path_factory), brief=False) as running:
        yield running


@pytest.fixture(scope="session")
def secure_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """One that insists on certificates and logins."""
    with shared_broker(_root(tmp_path_factory), secure=True) as running:
        yield running


def _root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder all workers of this run see."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@pytest.fixture
def own_broker(tmp_path: Path) -> Iterator[Broker]:
    """A broker that may be killed."""
    running = Broker(tmp_path / "broker", free_ports(2), brief=True)
    running.start()
    try:
        yield running
    finally:
        running.stop(signal.SIGKILL)


@pytest.fixture
def settings_file(broker: Broker, tmp_path: Path) -> Callable[..., Path]:
    """Writes a settings file that names the broker and some sources (name -> keys)."""

    def write(path: Path | None = None, *, kafka: dict[str, Any] | None = None, **sources: dict[str, Any]) -> Path:
        return write_settings(path or tmp_path / "live.toml", {"brokers": broker.address, **(kafka or {})}, sources)

    return write


def write_settings(path: Path, kafka: dict[str, Any], sources: dict[str, dict[str, Any]]) -> Path:
    """A settings file of these tables; names may hold dots."""
    lines = ["[level]", 'mode = "bps"', "[kafka]", *(_line(name, value) for name, value in kafka.items())]
    for name, keys in sources.items():
        lines += [f'[sources."{name}"]', *(_line(key, value) for key, value in {"kind": "kafka", **keys}.items())]
    path.write_text("\n".join(lines) + "\n")
    return path


def _line(name: str, value: Any) -> str:
    return f"{name} = {value!r}".replace("'", '"').replace("(", "[").replace(",)", "]").replace(")", "]")
