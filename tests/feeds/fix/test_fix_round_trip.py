"""Canonical facts to FIX 4.2 and 4.4 and back, in every form a log may take."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.universe import Universe
from app.feeds.decode.fix_frame import frame_all
from app.feeds.decode.fix_intake import Intake
from app.feeds.decode.fix_orders import RowMaker
from app.feeds.decode.fix_records import write_records
from app.feeds.decode.fix_settings import FixSettings
from tests.feeds.fix.conftest import Read
from tests.feeds.fix.story import Told, tell
from tests.feeds.fix.wire import frame, lines

VERSIONS = ("FIX.4.2", "FIX.4.4")


def told(data: bytes) -> list[Told]:
    """The facts a log gives; nothing may be set aside."""
    settings = FixSettings()
    messages, bad, _ = frame_all(data)
    assert bad == []
    intake = Intake(settings)
    for message in messages:
        intake.take(message, "log")
    intake.settle()
    maker = RowMaker(settings, Universe(), intake.chains)
    maker.run(intake.received)
    assert intake.quarantine == maker.quarantine == []
    assert {(row.instrument, row.side) for row in maker.rows} == {("TECH", "BUY")}
    return [
        Told(
            row.ts_event, row.kind, row.child_id or "", row.parent_id, row.orig_child_id, row.qty, row.price,
            row.exec_id, row.ref_exec_id, row.cum_qty, row.last_status,
        )
        for row in maker.rows
    ]  # fmt: skip


@given(st.integers(0, 2**32), st.sampled_from(VERSIONS))
def test_that_facts_come_back_from_both_versions(seed: int, begin: str) -> None:
    log, facts = tell(seed, begin)
    assert told(lines(log)) == facts


@given(st.integers(0, 2**32))
def test_that_both_versions_tell_the_same_facts(seed: int) -> None:
    log_42, facts_42 = tell(seed, "FIX.4.2")
    log_44, facts_44 = tell(seed, "FIX.4.4")
    assert facts_42 == facts_44
    assert told(lines(log_42)) == told(lines(log_44))


def test_that_the_stories_hold_every_kind_of_a_child() -> None:
    kinds = {fact.kind for seed in range(60) for fact in tell(seed, "FIX.4.4")[1]}
    assert kinds == {
        "child_new", "child_acked", "child_replace_requested", "child_replaced", "child_cancel_requested",
        "child_cancelled", "child_expired", "fill", "bust", "correct", "cancel_rejected", "restated",
    }  # fmt: skip


@pytest.mark.parametrize("delimiter", [b"|", b";", b"^A", b"^", b" "])
@pytest.mark.parametrize("begin", VERSIONS)
def test_that_the_delimiter_changes_nothing(delimiter: bytes, begin: str) -> None:
    log, facts = tell(7, begin)
    assert told(lines((ns, message.replace(b"\x01", delimiter)) for ns, message in log)) == facts


@pytest.mark.parametrize("prefixed", [False, True])
@pytest.mark.parametrize("seed", range(5))
def test_that_orders_fix_gives_the_facts_of_the_log(read: Read, seed: int, prefixed: bool) -> None:
    log, facts = tell(seed, "FIX.4.4")
    flow = read(write_records(log, prefixed=prefixed), name="orders.fix")
    assert [(row.ts_event, row.kind, row.child_id) for row in flow.rows] == [
        (fact.ts, fact.kind, fact.child) for fact in facts
    ]
    assert flow.quarantine == []
    assert flow.counts["stamped_by_record"] == len(log)


@given(st.integers(0, 2**32), st.sampled_from(VERSIONS))
def test_that_possdup_copies_anywhere_after_their_originals_change_nothing(seed: int, begin: str) -> None:
    log, facts = tell(seed, begin)
    rng = random.Random(seed)
    doubled = list(log)
    for ns, message in rng.sample(log, min(5, len(log))):
        pairs = [field.split(b"=", 1) for field in message.split(b"\x01")[2:-2]]
        copy = frame([*((int(tag), value) for tag, value in pairs), (43, "Y"), (122, "20261120-15:00:00")], begin)
        later = next(index for index, entry in enumerate(doubled) if entry[1] == message) + 1
        doubled.insert(rng.randrange(later, len(doubled) + 1), (ns, copy))
    assert told(lines(doubled)) == facts


@given(st.integers(0, 2**32))
def test_that_a_log_written_twice_gives_its_facts_once(seed: int) -> None:
    log, facts = tell(seed, "FIX.4.4")
    assert told(lines(log) + lines(log)) == facts


@given(st.integers(0, 2**32), st.randoms(use_true_random=False))
def test_that_facts_of_distinct_times_come_back_from_a_shuffled_log(seed: int, rng: random.Random) -> None:
    log, _ = tell(seed, "FIX.4.4")
    spread = [(ns + 10 * index, message) for index, (ns, message) in enumerate(log)]
    shuffled = list(spread)
    rng.shuffle(shuffled)
    assert told(lines(shuffled)) == told(lines(spread))


@given(st.integers(0, 2**32), st.integers(0, 10**6), st.binary(max_size=30))
def test_that_a_damaged_log_is_read_without_a_fault(seed: int, at: int, junk: bytes) -> None:
    log, _ = tell(seed, "FIX.4.4")
    data = lines(log)
    at %= len(data)
    messages, bad, tally = frame_all(data[:at] + junk + data[at + len(junk) :])
    assert tally.messages == len(messages)
    assert len(messages) + len(bad) >= len(log) - 2
    settings = FixSettings()
    intake = Intake(settings)
    for message in messages:
        intake.take(message, "log")
    intake.settle()
    maker = RowMaker(settings, Universe(), intake.chains)
    maker.run(intake.received)
    assert len(maker.rows) <= len(log)
