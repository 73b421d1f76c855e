"""Binding: one set of flags, plain Python when the JIT is off, natively spelled operations, prefetch without effect."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numba
import numpy as np
import pytest
from numba.core.dispatcher import Dispatcher

from app.engine import jit as jit_module
from app.engine.jit import FLAGS, JIT_OFF, LANES, compiled, first_of_lanes, jit, move, prefetch, shim, word


@pytest.fixture
def compiling(monkeypatch: pytest.MonkeyPatch) -> None:
    """Numba compiles here even where the suite runs with the JIT off."""
    monkeypatch.setattr(numba.config, "DISABLE_JIT", 0)


def _double(x: int) -> int:
    return 2 * x


def _last(values: Any) -> Any:
    return values[-1]


def _squares(n: int) -> Any:
    out = np.empty(n, np.int64)
    for at in range(n):
        out[at] = at * at
    return out


def test_that_a_kernel_is_itself_with_the_jit_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jit_module, "JIT_OFF", True)
    assert jit(_double) is _double


def test_that_a_kernel_is_compiled_with_the_jit_on(monkeypatch: pytest.MonkeyPatch, compiling: None) -> None:
    monkeypatch.setattr(jit_module, "JIT_OFF", False)
    bound = jit(_double, cache=False)
    assert isinstance(bound, Dispatcher)
    assert bound.py_func is _double
    assert bound(21) == 42


def test_that_the_switch_is_numbas_own() -> None:
    assert (os.environ.get("NUMBA_DISABLE_JIT", "0") != "0") == JIT_OFF
    assert (jit(_double) is _double) == JIT_OFF


def test_that_kernels_release_the_gil_are_cached_count_no_references_and_are_inlined(compiling: None) -> None:
    bound: Any = compiled(_last)
    options = bound.targetoptions
    assert FLAGS == {"nogil": True, "cache": True, "_nrt": False, "forceinline": True}
    assert {name: options[name] for name in ("nogil", "_nrt", "forceinline")} == {
        "nogil": True, "_nrt": False, "forceinline": True,
    }  # fmt: skip
    assert type(bound._cache).__name__ == "FunctionCache"


def test_that_flags_can_be_set_for_a_kernel_that_allocates(compiling: None) -> None:
    bound: Any = compiled(_squares, _nrt=True, cache=False)
    assert bound(4).tolist() == [0, 1, 4, 9]
    assert type(bound._cache).__name__ == "NullCache"


def test_that_a_shim_is_python_here_and_native_in_compiled_code(compiling: None) -> None:
    @shim(lambda x: lambda x: x + 1000)
    def spelled(x: int) -> int:
        """One more."""
        return x + 1

    def caller(x: int) -> int:
        return spelled(x)

    assert spelled(1) == 2
    assert compiled(caller, cache=False)(1) == 1001


@pytest.mark.parametrize("shape", [(4,), (4, 3), (4, 2, 2)])
def test_that_a_prefetch_changes_nothing(compiling: None, shape: tuple[int, ...]) -> None:
    def ask(values: Any, row: int) -> int:
        prefetch(values, row)
        return row

    values = np.arange(np.prod(shape)).reshape(shape)
    kept = values.copy()
    bound: Any = compiled(ask, cache=False)
    assert bound(values, 3) == 3
    assert "llvm.prefetch" in next(iter(bound.inspect_llvm().values()))
    prefetch(values, 3)
    np.testing.assert_array_equal(values, kept)


@pytest.mark.parametrize("shape", [(9,), (9, 3), (9, 2, 2)])
@pytest.mark.parametrize(
    ("target", "source", "rows"), [(3, 2, 5), (2, 3, 5), (0, 6, 3), (5, 1, 0), (4, 4, 2), (1, 0, 8)]
)
def test_that_rows_move_over_themselves(
    compiling: None, shape: tuple[int, ...], target: int, source: int, rows: int
) -> None:
    def shift(values: Any, target: int, source: int, rows: int) -> None:
        move(values, target, source, rows)

    native, spelled = np.arange(np.prod(shape)).reshape(shape), np.arange(np.prod(shape)).reshape(shape)
    expected = native.tolist()
    expected[target : target + rows] = expected[source : source + rows]
    compiled(shift, cache=False)(native, target, source, rows)
    move(spelled, target, source, rows)
    assert native.tolist() == spelled.tolist() == expected


def test_that_the_first_of_many_bytes_is_found(compiling: None) -> None:
    def look(data: Any, at: int, byte: int) -> int:
        return first_of_lanes(data, at, byte)

    native: Any = compiled(look, cache=False)
    data = np.arange(200, 200 + 2 * LANES + 3).astype(np.uint8)
    for at in (0, 1, 5, LANES + 3):
        for byte in range(256):
            near = data[at : at + LANES].tolist()
            expected = near.index(byte) if byte in near else LANES
            assert native(data, at, byte) == first_of_lanes(data, at, byte) == expected
    assert first_of_lanes(np.full(LANES, 7, np.uint8), 0, 7) == native(np.full(LANES, 7, np.uint8), 0, 7) == 0


def test_that_a_word_is_eight_bytes_from_any_place(compiling: None) -> None:
    def look(data: Any, at: int) -> int:
        return word(data, at)

    native: Any = compiled(look, cache=False)
    data = np.array([1, 0, 0, 0, 0, 0, 0, 0x80, 0xFF, 0xFF, 7], np.uint8)
    for at in range(4):
        assert native(data, at) == word(data, at) == int(np.frombuffer(data[at : at + 8].tobytes(), "<i8")[0])


@pytest.mark.jit
def test_that_the_environment_turns_the_jit_off() -> None:
    root = Path(__file__).resolve().parents[2]
    text = "from app.engine.bits import hash64; print(type(hash64).__name__, hash64(1))"
    run = subprocess.run(
        [sys.executable, "-c", text],
        cwd=root, env={**os.environ, "NUMBA_DISABLE_JIT": "1"}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert run.stdout.split() == ["function", "1227844342346046657"]
