"""Keeping memory: the allocator takes the hint where it is glibc's."""

import gc
import platform
import re
import subprocess
import sys

import pytest

from app.session import memory


def test_that_glibc_accepts_both_thresholds() -> None:
    assert memory.keep_memory() is (platform.libc_ver()[0] == "glibc")


def test_that_pages_stay_small_where_there_is_a_switch_for_it() -> None:
    tell = "p = pathlib.Path('/proc/self/status'); print(p.read_text() if p.exists() else '')"
    said = f"import pathlib, app.session.memory as m; m.keep_memory(); {tell}"
    done = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True)
    switch = re.search(r"^THP_enabled:\s*(\d)$", done.stdout, re.MULTILINE)
    assert (switch.group(1) if switch else None) == ("0" if sys.platform == "linux" else None)


def test_that_another_platform_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.session.memory.sys.platform", "darwin")
    assert memory.keep_memory() is False


def test_that_a_libc_without_mallopt_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.session.memory.ctypes.CDLL", lambda _name: object())
    assert memory.keep_memory() is False


def test_that_cycles_are_collected_again_afterwards() -> None:
    assert gc.isenabled()
    with memory.uncollected():
        assert not gc.isenabled()
        with memory.uncollected():
            pass
        assert not gc.isenabled()
    assert gc.isenabled()
