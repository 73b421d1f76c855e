"""`orders.fix` by the kernels: the rows, counts and words of the record reader, or the file is left to it."""

import random
from pathlib import Path

import pytest

from app.feeds.decode.fix_fields import FixMessage
from app.feeds.decode.fix_marks import DELIMITERS, FrameRules
from app.feeds.decode.fix_records import read_records, write_line, write_prefixed
from app.feeds.decode.fix_regular import regular_records
from tests.feeds.fix.flows import crowd
from tests.feeds.fix.story import tell
from tests.feeds.fix.test_fix_settled import FILLS, PLAIN, RULES, assert_alike, linked
from tests.feeds.fix.wire import T0, Body, filled, frame, order

GOOD = frame([(35, "D"), *order("X1")])
OTHER = frame([(35, "8"), *filled("X1", "F1", (5, "10"), 5)])
DATA: Body = [(95, 4), (96, b"\x01\n\x018")]


def stamped(messages: list[bytes], seed: int = 0, late: int = -1) -> bytes:
    """Messages as records of either layout; number `late` has an earlier stamp than the one before it."""
    rng = random.Random(seed)
    records = []
    for n, message in enumerate(messages):
        ns = T0 + n * 1000 - (5000 if n == late else 0)
        records.append(rng.choice((write_line, write_prefixed))(ns, message))
    return b"".join(records)


@pytest.mark.parametrize("seed", range(24))
def test_that_records_give_the_same_by_both_decoders(seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)
    messages = crowd(seed, rng.choice([6, 30])) if seed % 3 else [message for _, message in tell(seed, "FIX.4.4")[0]]
    if seed % 4 == 1:
        messages = [message.replace(b"\x01", rng.choice(DELIMITERS[:6])) for message in messages]
    data = stamped(messages, seed, late=3 if seed % 5 == 0 else -1)
    assert_alike(tmp_path / "orders.fix", data, RULES if seed % 2 else {}, source="S" if seed % 2 else None)


@pytest.mark.parametrize(
    "data",
    [
        stamped([GOOD, OTHER]), b"# own flow\n\n" + stamped([GOOD]) + b" \r\n# more\n" + stamped([OTHER]) + b"#end",
        write_line(T0, GOOD)[:-1] + b"\r\n" + write_line(T0, OTHER)[:-1], write_prefixed(T0, GOOD)[:-1],
        write_prefixed(5, frame([(35, "D"), *order("X1"), *DATA])), write_line(T0, GOOD[:-1]),
        write_line(T0, GOOD.replace(b"\x01", b"|")), write_line(T0, GOOD[:-1]) + b"\n" + write_line(T0, OTHER),
    ],
)  # fmt: skip
def test_that_regular_records_are_those_the_record_reader_finds(data: bytes) -> None:
    found = regular_records(data, FrameRules())
    assert found is not None
    told = [item for item in read_records(data, FrameRules()) if isinstance(item, FixMessage)]
    assert [message.raw for message in found.block.items()] == [item.raw for item in told]
    assert found.stamps[:, 0].tolist() == [item.stamp for item in told]
    assert found.size == sum(item.size for item in told)
    assert [message.line for message in found.block.items()] == [item.line for item in told]


@pytest.mark.parametrize(
    "data",
    [
        b"", b"# nothing\n", b"hello\n" + stamped([GOOD]), stamped([GOOD]) + b"hello", GOOD + b"\n",
        write_line(2**63, GOOD), write_line(T0, GOOD + OTHER), write_line(T0, GOOD) + OTHER,
        write_line(T0, frame([(35, "D"), *order("X1"), (58, "a\\b")])),
        write_line(T0, frame([(35, "D"), *order("X1"), *DATA])).replace(b"\\n", b"\n"),
        b"%d %d %b\n" % (T0, len(GOOD) + 1, GOOD), b"%d %d %b\n" % (T0, len(GOOD) - 1, GOOD),
        b"%d %d %b %b" % (T0, len(GOOD), GOOD, write_line(T0, OTHER)), b"%d  %b\n" % (T0, GOOD),
        write_line(T0, GOOD.replace(b"38=100", b"38=200")), b"# " + write_line(T0, GOOD), write_line(T0, GOOD) + b"x\n",
        write_line(T0, GOOD)[:-1] + b" \n", b"1" * 20 + b" " + GOOD + b"\n",
    ],
)  # fmt: skip
def test_that_any_other_file_is_left_to_the_record_reader(data: bytes, tmp_path: Path) -> None:
    assert regular_records(data, FrameRules()) is None
    if data.strip() and not data.startswith(b"# "):
        assert_alike(tmp_path / "orders.fix", data, {})


def test_that_a_refusal_names_the_record_and_not_the_message(tmp_path: Path) -> None:
    parts = [*PLAIN, ("D", [*order("X"), (38, "x")]), *FILLS]
    messages = [b"8=FIX" + part for part in linked(*parts).split(b"8=FIX")[1:]]
    assert regular_records(stamped(messages), FrameRules()) is not None
    assert_alike(tmp_path / "orders.fix", stamped(messages), {})
