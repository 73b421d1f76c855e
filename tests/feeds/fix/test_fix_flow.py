"""Rows at speed are those of the reference decoder: every column, every copy, every refusal, in any cut."""

import itertools
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from app.engine import fix_state as kernel
from app.engine.events import Instrument, OrderRow, Quarantined
from app.engine.units import NULL
from app.engine.universe import Universe
from app.feeds.decode.fix_flow import FixFlow
from app.feeds.decode.fix_objects import KINDS, NUMBERS
from app.feeds.decode.fix_rows import FlowRows
from app.feeds.decode.fix_settings import FixSettings, fix_settings
from app.feeds.decode.fix_stream import FixStream
from tests.feeds.fix.flows import TABLE, crowd
from tests.feeds.fix.story import tell
from tests.feeds.fix.wire import T0, Line, filled, order, report

pytestmark = pytest.mark.slow  # whole streams through both decoders


class Heard(NamedTuple):
    """What came of a stream."""

    rows: list[OrderRow]
    quarantine: list[Quarantined]
    blocks: list[FlowRows]


def expected(data: bytes, settings: FixSettings) -> tuple[list[OrderRow], list[Quarantined]]:
    """Rows of the reference decoder and what it sets aside."""
    stream = FixStream(settings, universe())
    framer = stream.framer()
    items = framer.feed(data) + framer.close()
    rows = stream.take(items, "x.log")
    return rows, sorted(stream.quarantine, key=lambda entry: (entry.where, entry.reason))


def universe() -> Universe:
    """One instrument has sizes of a hundredth."""
    found = Universe()
    found.describe(Instrument(instrument="OTHER", size_exponent=-2))
    return found


def heard(data: bytes, settings: FixSettings, cuts: list[int]) -> Heard:
    """Rows at speed of data that comes in pieces."""
    flow = FixFlow(settings, universe())
    blocks: list[FlowRows] = []
    for start, end in itertools.pairwise([0, *sorted(cuts), len(data)]):
        blocks += flow.feed(data[start:end], "x.log")
    blocks += flow.close("x.log")
    rows = [row for block in blocks for row in block.orders()]
    return Heard(rows, sorted(flow.quarantine, key=lambda entry: (entry.where, entry.reason)), blocks)


def assert_alike(data: bytes, table: Mapping[str, Any], cuts: list[int]) -> Heard:
    """Speed and reference agree on every row, and the columns say what the rows say."""
    settings = fix_settings(table, "test.toml")
    rows, aside = expected(data, settings)
    found = heard(data, settings, cuts)
    assert found.rows == rows
    assert found.quarantine == aside
    for block in found.blocks:
        assert_columns(block)
    return found


def assert_columns(block: FlowRows) -> None:
    """Each numeric column and the kinds are those of the rows."""
    rows = block.orders()
    assert block.kinds() == [row.kind for row in rows]
    for name in NUMBERS:
        column = [None if value == NULL else value for value in block.column(name).tolist()]
        assert column == [getattr(row, name) for row in rows], name
    for place, name in ((kernel.R_PARENT, "parent_id"), (kernel.R_VENUE, "venue"), (kernel.R_ACCOUNT, "account")):
        numbers = block.array[:, place].tolist()
        assert [block.hand.text(number) for number in numbers] == [getattr(row, name) for row in rows], name


def regular(found: Heard) -> int:
    """Rows the kernel itself made."""
    return sum(len(block.regular) for block in found.blocks)


@pytest.mark.parametrize("begin", ["FIX.4.2", "FIX.4.4", "FIXT.1.1"])
@pytest.mark.parametrize("seed", range(6))
def test_that_rows_of_a_story_are_those_of_the_reference_decoder(seed: int, begin: str) -> None:
    log, told = tell(seed, begin)
    found = assert_alike(b"".join(message for _, message in log), {}, [])
    assert len(found.rows) == len(told)


@pytest.mark.parametrize("seed", range(12))
def test_that_rows_of_a_crowd_are_those_of_the_reference_decoder_in_any_cut(seed: int) -> None:
    data = b"".join(crowd(seed, 150))
    rng = random.Random(seed)
    found = assert_alike(data, TABLE, [rng.randrange(len(data)) for _ in range(seed)])
    assert regular(found) > 0


def test_that_most_of_plain_flow_is_made_by_the_kernel() -> None:
    line = Line()
    for n in range(40):
        line.send("D", [*order(f"C{n}"), (526, f"P{n % 3}"), (1, "ACC")], T0 + n)
        line.send("8", report(f"C{n}", f"E{n}", "0", "0", [(14, 0)]), T0 + n)
        line.send("8", filled(f"C{n}", f"F{n}", (40, "10.5"), 40), T0 + n)
    found = assert_alike(b"".join(message for _, message in line.log), {}, [])
    assert regular(found) == 120
    assert {row.parent_id for row in found.rows} == {"P0", "P1", "P2"}


def test_that_a_chain_is_handed_over_with_all_it_knows_when_it_turns_irregular() -> None:
    line = Line()
    line.send("D", [*order("C1"), (526, "P1"), (1, "ACC"), (100, "XNAS")])
    line.send("8", report("C1", "E1", "0", "0"), T0 + 1)
    line.send("8", filled("C1", "F1", (40, "10.5"), 40), T0 + 2)
    line.send("8", report("C1", "B1", "H", "0", [(19, "F1")]), T0 + 3)
    line.send("8", filled("C1", "F1", (40, "10.5"), 40), T0 + 4)  # a copy of what the kernel saw
    line.send("8", filled("C1", "F2", (10, "10.5"), 10), T0 + 5)
    found = assert_alike(b"".join(message for _, message in line.log), {}, [])
    bust = found.rows[3]
    assert (bust.kind, bust.qty, bust.price, bust.parent_id) == ("bust", 40, 10_500_000_000, "P1")
    assert [row.kind for row in found.rows] == ["child_new", "child_acked", "fill", "bust", "fill"]
    assert regular(found) == 3


def test_that_stamps_before_messages_and_every_delimiter_give_the_same_rows() -> None:
    log, _ = tell(7, "FIX.4.4")
    for delimiter in (b"\x01", b"|", b"^A"):
        data = b"".join(b"%d %b\n" % (ns + 5, message.replace(b"\x01", delimiter)) for ns, message in log)
        found = assert_alike(data, {}, [len(data) // 2])
        assert found.rows[0].ts_event == log[0][0] + 5
    several = b"".join(b"%d %b %b\n" % (ns, message, message) for ns, message in log)
    assert_alike(several, {}, [100])


@pytest.mark.parametrize(
    "table", [{"stamp": "sending"}, {"checksum": "count"}, {"checksum": "count", "body_length": "count"}]
)
def test_that_the_settings_of_framing_and_time_hold(table: dict[str, Any]) -> None:
    messages = crowd(99, 60)
    damaged = [message[:-4] + b"777\x01" if n % 5 == 0 else message for n, message in enumerate(messages)]
    damaged = [
        message.replace(b"\x019=", b"\x019=1", 1) if n % 7 == 0 else message for n, message in enumerate(damaged)
    ]
    undated = [message.replace(b"\x0152=", b"\x017052=") for message in messages[:20]]
    assert_alike(b"\n".join([*damaged, *undated]), {**TABLE, **table}, [])


def test_that_a_second_use_of_a_name_by_another_session_is_told_apart() -> None:
    one, two = Line("EMS", "BRK"), Line("EMS", "ALT")
    log = [one.send("D", order("C1")), two.send("D", order("C1"), T0 + 1), two.send("D", order("C2"), T0 + 2)]
    log += [one.send("D", order("C2"), T0 + 3), one.send("8", report("C2", "E1", "0", "0"), T0 + 4)]
    found = assert_alike(b"".join(log), {}, [])
    assert [row.child_id for row in found.rows] == ["C1", "C1@EMS-ALT", "C2", "C2@EMS-BRK", "C2@EMS-BRK"]


def test_that_a_reject_finds_the_request_it_refuses() -> None:
    line = Line()
    line.send("D", order("C1"))
    line.send("D", order("C2"), T0 + 1)
    line.send("j", [(45, 2), (372, "D"), (58, "no")], T0 + 2)
    found = assert_alike(b"".join(message for _, message in line.log), {}, [])
    assert [(row.kind, row.child_id) for row in found.rows][-1] == ("rejected", "C2")


def test_that_kinds_have_one_name_each_but_for_restatements() -> None:
    assert len(set(KINDS)) == len(KINDS) - 1
    assert KINDS[kernel.FILL] == "fill"


def test_that_every_message_of_the_shared_logs_gives_the_same_rows(shared_data: Path) -> None:
    for path in sorted(path for path in (shared_data / "fix").iterdir() if path.is_file()):
        data = path.read_bytes()
        for table in ({}, {"checksum": "count", "body_length": "count"}):
            assert_alike(data, table, [len(data) // 2])
