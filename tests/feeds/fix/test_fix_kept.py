"""Bytes of kept messages: each is found where it was said to be, and little else is held."""

import random

import numpy as np
import pytest

from app.engine import fix_state as k
from app.engine import fix_tables as t
from app.feeds.decode.fix_flow import FixFlow
from app.feeds.decode.fix_kept import KeptBlocks
from app.feeds.decode.fix_settings import fix_settings
from tests.feeds.fix.test_fix_flow import assert_alike, universe
from tests.feeds.fix.wire import T0, Line, filled, order, report


class Kept:
    """Blocks as a kernel keeps messages of them."""

    def __init__(self) -> None:
        self.blocks = KeptBlocks()
        self.state = np.zeros(k.STATE_SLOTS, np.int64)
        self.rows = np.zeros((500, t.KEPT_COLUMNS), np.int64)
        self.said: list[bytes] = []

    def block(self, data: bytes, *spans: tuple[int, int]) -> None:
        """A block with some messages."""
        self.blocks.begin(data, self.state, self.rows)
        for at, size in spans:
            self.rows[self.state[k.S_KEPT], [t.M_AT, t.M_SIZE]] = self.state[k.S_SPACE] + at, size
            self.state[k.S_KEPT] += 1
            self.said.append(data[at : at + size])

    def found(self) -> list[bytes]:
        """What is found again."""
        return [self.blocks.text(*row) for row in self.rows[: len(self.said), [t.M_AT, t.M_SIZE]].tolist()]

    @property
    def held(self) -> int:
        """Bytes that are held."""
        return sum(len(block) for block in self.blocks._blocks)


@pytest.mark.parametrize("seed", range(20))
def test_that_every_message_is_found_where_it_was_kept(seed: int) -> None:
    rng, kept = random.Random(seed), Kept()
    for _ in range(rng.randrange(1, 30)):
        data = rng.randbytes(rng.randrange(1, 60))
        edges = sorted(rng.sample(range(len(data) + 1), min(len(data), 2 * rng.randrange(4)) // 2 * 2))
        kept.block(data, *((at, end - at) for at, end in zip(edges[::2], edges[1::2], strict=True)))
        assert kept.found() == kept.said
    kept.block(b"")
    assert kept.found() == kept.said


def test_that_of_a_block_with_few_kept_messages_these_alone_are_held() -> None:
    kept = Kept()
    kept.block(b"x" * 1000)
    kept.block(b"y" * 1000, (10, 400))
    kept.block(b"z" * 1000, (0, 300), (500, 300))
    kept.block(b"")
    assert kept.held == 400 + 1000
    assert kept.found() == kept.said


def test_that_a_chain_is_read_again_from_the_blocks_its_messages_came_in() -> None:
    line = Line()
    log = [line.send("D", order("C1"))]
    for n in range(20):
        log += [b"some text of the log\n" * n, line.send("D", order(f"X{n}"), T0 + n)]
    log += [
        line.send("8", report("C1", "E1", "0", "0"), T0 + 30),
        line.send("8", filled("C1", "F1", (5, "1"), 5), T0 + 31),
    ]
    log += [line.send("8", report("C1", "E2", "0", "0", [(849, "1")]), T0 + 32)]
    data = b"".join(log)
    rows = assert_alike(data, {}, [200, 900, 1500, len(data) - 250]).rows
    assert [row.kind for row in rows][-3:] == ["child_acked", "fill", "child_acked"]


def test_that_messages_that_are_no_orders_are_not_held() -> None:
    line = Line()
    beats = b"".join(line.send("0", [], T0 + n) for n in range(300))
    made = FixFlow(fix_settings({}, "test.toml"), universe())
    made.feed(line.send("D", order("C1")) + beats, "x.log")
    made.feed(beats, "x.log")
    made.feed(line.send("D", order("C2")), "x.log")
    assert sum(len(block) for block in made.hand.kept._blocks) < 1000
