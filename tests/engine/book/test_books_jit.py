"""Compiled or plain Python: the same changes and the same state, bit for bit."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.engine.book import Books
from tests.engine.book.streams import hostile_stream, orders_of_a_day

ROOT = Path(__file__).resolve().parents[3]


def digests() -> list[str]:
    """One hash of all changes and the final state per stream."""
    found = []
    for rows in (orders_of_a_day(4000, seed=1, books=5, live=1500), hostile_stream(4000, seed=2)):
        books = Books()
        digest = hashlib.sha256()
        for at in range(0, len(rows), 700):
            digest.update(books.apply(rows[at : at + 700], every=at == 1400).tobytes())
        for name, array in books.save().items():
            digest.update(f"{name}{array.shape}".encode() + array.tobytes())
        digest.update(repr(books.counts).encode())
        found.append(digest.hexdigest())
    return found


@pytest.mark.slow
@pytest.mark.jit
def test_that_kernels_give_the_same_bits_compiled_and_not() -> None:
    text = "from tests.engine.book.test_books_jit import digests; print(*digests())"
    run = subprocess.run(
        [sys.executable, "-c", text],
        cwd=ROOT, env={**os.environ, "NUMBA_DISABLE_JIT": "1"}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert run.stdout.split() == digests()
    assert run.stderr == ""
