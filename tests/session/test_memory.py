"""Keeping memory: the allocator takes the hint where it is glibc's."""

import gc
import platform

import pytest

from app.session import memory


def test_that_glibc_accepts_both_thresholds() -> None:
    assert memory.keep_memory() is (platform.libc_ver()[0] == "glibc")


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
