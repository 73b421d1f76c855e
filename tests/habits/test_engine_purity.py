"""The engine is pure: no Qt, I/O, clock, threads, logging, environment; floats whose bits do not depend on where."""

from pathlib import Path

import numpy as np
import pytest

from tests.habits.purity import impurities, impurities_under

KERNEL = "app/engine/book/kernel.py"


def test_that_no_source_of_the_engine_reaches_outside_or_sums_floats_by_chance(repository: Path) -> None:
    engine = repository / "app" / "engine"
    assert any(engine.rglob("*.py"))
    assert impurities_under(engine, repository) == []


@pytest.mark.parametrize(
    "line",
    [
        "import os",
        "import time",
        "import random",
        "import logging",
        "import threading",
        "import datetime",
        "import pathlib",
        "import io",
        "import socket",
        "import PySide6.QtCore",
        "import pyarrow as pa",
        "import numba",
        "from numba import njit",
        "from datetime import datetime",
        "from app.feeds.base import Recording",
        "from app.settings import Settings",
        "from math import exp",
        "from numpy import sum as total",
        "x = sum([1.0, 2.0])",
        "x = list(map(sum, rows))",
        "x = np.sum(a)",
        "x = np.exp(a)",
        "x = np.log(a)",
        "x = np.dot(a, b)",
        "x = np.mean(a)",
        "x = np.average(a)",
        "x = np.linalg.norm(a)",
        "x = np.random.default_rng()",
        "x = np.load(f)",
        "x = rows['size'].sum()",
        "x = rows['size'].sum(dtype=np.float64)",
        "x = a.dot(b)",
        "x = math.exp(1.0)",
        "x = math.log(2.0)",
        "x = a @ b",
        "a @= b",
        "k = jit(_k, fastmath=True)",
        "k = jit(_k, parallel=True)",
        "f = open('x')",
        "print(1)",
        "x = input()",
        "x = eval('1')",
        "def f():\n    global x\n    x = 1",
        "def f():\n    from app.engine import units\n    return units",
    ],
)
def test_that_each_forbidden_thing_is_seen(line: str) -> None:
    assert len(impurities(KERNEL, line)) == 1


@pytest.mark.parametrize(
    "line",
    [
        "import numpy as np",
        "from numpy.typing import NDArray",
        "from collections.abc import Iterator",
        "import math",
        "x = math.fsum([1.0, 2.0])",
        "x = math.isqrt(4)",
        "x = math.sqrt(2.0)",
        "x = np.count_nonzero(a)",
        "x = np.searchsorted(a, b)",
        "from app.engine import units",
        "from app.engine.bits import exp, log",
        "x = exp(1.0)",
        "x = book.log",
        "x = figure.mean.value",
        "x = int(rows['size'].sum(dtype=np.int64))",
        "sum_of_sizes = 0",
    ],
)
def test_that_what_the_engine_needs_is_allowed(line: str) -> None:
    assert impurities(KERNEL, line) == []


def test_that_the_compiler_is_known_in_two_files_only() -> None:
    assert impurities("app/engine/jit.py", "import numba") == []
    assert impurities("app/engine/bits.py", "import llvmlite.ir") == []
    assert impurities("app/engine/core.py", "import numba") == ["app/engine/core.py:1: imports numba"]


def test_that_the_one_sum_that_is_allowed_adds_integers_only() -> None:
    assert int(np.array([2**62, 1], np.int64).sum(dtype=np.int64)) == 2**62 + 1
    assert int(np.array([1e16, 1.0, -1e16, 1.0] * 1000).sum(dtype=np.int64)) == 2000  # in floats: not so
