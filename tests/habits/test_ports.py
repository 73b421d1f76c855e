"""Ports of real parts in tests: given once, and never one that the system lends to somebody else."""

import socket
from pathlib import Path

import pytest

from tests.parts import ports
from tests.parts.ports import FIRST, free_ports, last


def test_that_no_port_is_given_twice(tmp_path: Path) -> None:
    given = [free_ports(2, folder=tmp_path) for _ in range(50)]
    assert len({port + n for port in given for n in range(2)}) == 100


def test_that_all_lie_below_those_the_system_lends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        lent = probe.getsockname()[1]
    assert free_ports(folder=tmp_path) < last()
    assert lent >= last() or last() == 65_536
    (tmp_path / "range").write_text("1024 65535\n")
    monkeypatch.setattr(ports, "LENT", tmp_path / "range")
    assert last() == 65_536
    monkeypatch.setattr(ports, "LENT", tmp_path / "none")
    assert last() == 32_768


def test_that_a_port_in_use_is_passed_over(tmp_path: Path) -> None:
    first = free_ports(folder=tmp_path)
    with socket.socket() as other:
        other.bind(("127.0.0.1", first + 2))
        assert free_ports(3, folder=tmp_path) > first + 2


def test_that_it_begins_anew_at_the_end_and_says_when_there_are_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "next").write_text(str(last() - 1))
    assert free_ports(4, folder=tmp_path) < last() - 4
    monkeypatch.setattr(ports, "last", lambda: FIRST + 3)
    with pytest.raises(RuntimeError, match="no 4 free ports in a row between 10240 and 10243"):
        free_ports(4, folder=tmp_path)
