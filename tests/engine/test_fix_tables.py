"""Tables of a FIX stream: keys are found again, fields are read by slot, bodies have one fingerprint each."""

import numpy as np

from app.engine import fix_tables as t
from app.engine.fix_scan import Ints
from tests.engine.test_fix_scan import seen
from tests.feeds.fix.wire import Pairs, frame

BODY: Pairs = [(35, "D"), (34, 7), (49, "A"), (56, "B"), (52, "20261120-15:00:00"), (11, "X1"), (9000, "own"), (58, "")]


def memory(keys: int = 64) -> t.Memory:
    """Empty tables that look at the usual slots, and at tag 9000."""
    slots = [*t.SLOT_TAGS, 9000]
    slot_of = np.full(t.TABLED, -1, np.int32)
    for slot, tag in enumerate(t.SLOT_TAGS):
        slot_of[tag] = slot
    core = np.zeros(len(slots), np.uint8)
    core[[t.F_ID, t.F_EXEC]] = 1
    envelope = np.zeros(t.TABLED, np.uint8)
    envelope[[8, 9, 10, 34, 43, 52]] = 1
    none: Ints = np.zeros((0, 1), np.int64)
    return t.Memory(
        slot_of, np.array([[8000, 0], [9000, len(slots) - 1]]), core, envelope, np.zeros((len(slots), 3), np.int64),
        t.key_table(keys), none, none, none, none, none, np.zeros(0, np.uint8), np.zeros(0, np.int64),
        np.zeros(1 << 12, np.uint8),
    )  # fmt: skip


def read(pairs: Pairs) -> tuple[bool, tuple[int, int], dict[int, bytes]]:
    """What reading a message notes: whether it holds, its fingerprint, the values by slot."""
    data = frame(pairs) + b"." * 80
    tables = memory()
    found = seen(data)
    first, count = found.rows[0][4:6]
    rows = []
    at = 0
    for tag, value in found.fields[0]:
        at = data.index(b"%d=%b\x01" % (tag, value), at) + len(b"%d=" % tag)
        rows.append((tag, at, len(value)))
    assert (first, count) == (0, len(rows))
    array = np.frombuffer(data, np.uint8)
    holds, print1, print2 = t.read(array, np.array(rows, np.int32), tables, 1)
    values = {slot: data[at : at + size] for slot, (at, size, _) in enumerate(tables.first.tolist()) if size}
    again = [t.print_of(array, tables, (1, 2), slot) for slot in (t.F_ID, t.F_SYMBOL)]
    assert again[0] != again[1]
    return bool(holds), (print1, print2), values


def test_that_the_first_value_of_each_slot_is_noted() -> None:
    holds, _, values = read([*BODY, (11, "X1"), (58, "text")])
    assert holds
    assert values[t.F_ID] == b"X1"
    assert values[len(t.SLOT_TAGS)] == b"own"
    assert t.F_SYMBOL not in values


def test_that_a_core_field_with_two_values_does_not_hold() -> None:
    assert not read([*BODY, (11, "X2")])[0]
    assert not read([*BODY, (11, "X10")])[0]
    assert read([*BODY, (34, "8")])[0]


def test_that_the_fingerprint_is_that_of_the_body_without_its_envelope() -> None:
    plain = read(BODY)[1]
    other: Pairs = [(35, "D"), (34, 8), (43, "Y"), *BODY[2:4], (52, "20261120-16:00:00"), *BODY[5:]]
    assert read(other)[1] == plain
    assert read([*BODY, (1, "x")])[1] != plain
    assert read([BODY[0], *BODY[1:5], BODY[6], BODY[5], BODY[7]])[1] != plain
    assert read([*BODY[:-1], (59, "")])[1] != plain


def test_that_keys_are_found_again_also_after_they_moved_into_a_larger_table() -> None:
    tables = memory(32)
    texts = [b"%d" % n for n in range(12)]
    for n, text in enumerate(texts):
        prints = t.text_key(t.K_ORDER, 3, np.frombuffer(text, np.uint8), 0, len(text))
        t.put(tables.keys, t.probe(tables.keys, *prints), prints, n, 0)
    larger = t.key_table(128)
    t.rehash(tables.keys, larger)
    crowded = t.key_table(16)
    t.rehash(tables.keys, crowded)
    for keys in (tables.keys, larger, crowded):
        for n, text in enumerate(texts):
            array = np.frombuffer(text, np.uint8)
            assert t.value(keys, t.text_key(t.K_ORDER, 3, array, 0, len(text))) == n
            assert t.value(keys, t.text_key(t.K_ORDER, 4, array, 0, len(text))) == -1
            assert t.value(keys, t.text_key(t.K_EXEC, 3, array, 0, len(text))) == -1


def test_that_a_tag_beyond_the_table_is_searched_and_another_is_not_looked_at() -> None:
    tables = memory()
    assert t.slot(tables, 9000) == len(t.SLOT_TAGS)
    assert t.slot(tables, 8500) == -1
    assert t.slot(tables, 11) == t.F_ID
    assert t.slot(tables, 4000) == -1
    assert len({t.key(kind, session) for kind in range(1, 8) for session in range(5)}) == 35
