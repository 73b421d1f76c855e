"""Work dealt to processes: each gets its order on stdin and writes a line for each thing that is done.

A module that takes part is started with `python -m` and ends with `sys.exit(serve(work))`.
"""

import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import TypeVar

from app.engine.errors import FeedError, ScorecardError

Item = TypeVar("Item")


def dealt(items: Sequence[Item], processes: int) -> list[list[Item]]:
    """Every item in one of so many hands (at least one, none empty), neighbours apart."""
    hands = [list(items[k :: max(1, processes)]) for k in range(max(1, processes))]
    return [hand for hand in hands if hand]


def lines_of(module: str, orders: Sequence[bytes], what: str) -> Iterator[bytes]:
    """What processes of a module write, one process for each order, line by line; none outlives the reading.

    `what` names the work in the complaint. Raises FeedError where a process fails: it said why on stderr.
    """
    running: list[subprocess.Popen[bytes]] = []
    try:
        running += [_started(module, order) for order in orders]
        for process in running:
            for line in process.stdout or ():
                yield line.rstrip(b"\n")
            if process.wait() != 0:
                raise FeedError(f"{what}: a process ended with {process.returncode}")
    finally:
        for process in running:
            process.kill()
            process.wait()
            if process.stdout is not None:
                process.stdout.close()


def serve(work: Callable[[bytes], Iterable[bytes]]) -> int:
    """One process's share: its order from stdin, its lines to stdout as they come, a complaint to stderr; exit code."""
    try:
        for line in work(sys.stdin.buffer.read()):
            sys.stdout.buffer.write(line + b"\n")
            sys.stdout.buffer.flush()
    except ScorecardError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _started(module: str, order: bytes) -> "subprocess.Popen[bytes]":
    process = subprocess.Popen([sys.executable, "-m", module], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin is not None  # noqa: S101 - a pipe was asked for
    with suppress(BrokenPipeError), process.stdin as told:  # one that ended already says so by its exit code
        told.write(order)
    return process
