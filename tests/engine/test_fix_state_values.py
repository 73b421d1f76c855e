"""What one message says, field by field, and what counts as a copy: each rule by itself, at its boundaries."""

from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine import fix_state as k
from app.engine import fix_tables as t
from app.engine.fix_scan import Bytes, Ints
from app.engine.fix_values import DOUBT
from app.engine.units import NULL
from tests.feeds.fix.wire import T0, utc

UNSURE = DOUBT + 1


def tables(rows: int = 64) -> t.Memory:
    """Empty tables of every kind, one session without rules."""
    slots = len(t.SLOT_TAGS)
    return t.Memory(
        np.full(t.TABLED, -1, np.int32), np.zeros((0, 2), np.int64), np.zeros(slots, np.uint8),
        np.zeros(t.TABLED, np.uint8), np.zeros((slots, 3), np.int64), t.key_table(4 * rows),
        np.zeros((rows, t.ORDER_COLUMNS), np.int64), np.zeros((1, t.SESSION_COLUMNS), np.int64),
        np.full((rows, 3), NULL, np.int64), np.zeros((rows, t.LINK_COLUMNS), np.int64),
        np.zeros((rows, t.KEPT_COLUMNS), np.int64), np.zeros(1 << 12, np.uint8), np.zeros(1, np.int64),
        np.zeros(1 << 12, np.uint8),
    )  # fmt: skip


def fresh() -> Ints:
    """A state in which nothing was counted."""
    return np.zeros(k.STATE_SLOTS, np.int64)


def say(memory: t.Memory, values: Mapping[int, bytes]) -> Bytes:
    """A message with these values by slot, and no others."""
    memory.first[:, 1] = 0
    data = b"="
    for slot, value in values.items():
        memory.first[slot, :2] = len(data), len(value)
        data += value + b"\x01"
    return np.frombuffer(data + b"." * 16, np.uint8)


SIDES = {b"1": 0, b"2": 1, b"3": 0, b"4": 1, b"5": 2, b"6": 2}


@pytest.mark.parametrize("byte", range(32, 127))
def test_that_a_side_is_buy_sell_or_short_and_every_other_letter_is_none(byte: int) -> None:
    memory = tables()
    value = bytes([byte])
    assert k.side(say(memory, {t.F_SIDE: value}), memory) == SIDES.get(value, -2)


def test_that_no_side_is_not_an_unknown_side() -> None:
    memory = tables()
    assert k.side(say(memory, {}), memory) == -1
    assert k.side(say(memory, {t.F_SIDE: b"11"}), memory) == -2


@given(st.binary(max_size=3).filter(lambda value: b"\x01" not in value))
def test_that_a_code_is_a_field_of_one_byte(value: bytes) -> None:
    memory = tables()
    data = say(memory, {t.F_TYPE: value})
    assert k.code(data, memory, t.F_TYPE) == {0: 0, 1: value[0] if value else 0}.get(len(value), 255)
    assert k.is_byte(data, memory, t.F_TYPE, 70) == (value == b"F")
    assert k.code(data, memory, t.F_STATUS) == 0


@pytest.mark.parametrize(
    ("value", "digits", "said"),
    [
        (b"", 9, NULL), (b"10.5", 9, 10_500_000_000), (b"10.5", 0, UNSURE), (b"x", 0, UNSURE), (b"0", 0, 0),
        (b"-3", 0, -3), (b"300", -2, 3), (b"350", -2, UNSURE),
    ],
)  # fmt: skip
def test_that_a_number_that_is_absent_is_not_one_in_doubt(value: bytes, digits: int, said: int) -> None:
    memory = tables()
    assert k.decimal(say(memory, {t.F_QTY: value}), memory, t.F_QTY, digits) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [(b"", NULL), (utc(T0 + 5000).encode(), T0 + 5000), (b"20261320-15:00:00", UNSURE), (b"now", UNSURE)],
)
def test_that_a_time_that_is_absent_is_not_one_in_doubt(value: bytes, said: int) -> None:
    memory = tables()
    assert k.moment(say(memory, {t.F_TRANSACT: value}), memory, t.F_TRANSACT) == said


ALONE = {"qty": NULL, "price": NULL, "cum": NULL, "start": NULL, "until": NULL, "fits": True}


@pytest.mark.parametrize(
    ("slot", "value", "said"),
    [
        (t.F_QTY, b"100", {"qty": 100}), (t.F_QTY, b"0", {"qty": 0}), (t.F_QTY, b"-1", {"qty": -1, "fits": False}),
        (t.F_QTY, b"1.5", {"qty": UNSURE, "fits": False}), (t.F_CUM, b"7", {"cum": 7}),
        (t.F_CUM, b"-7", {"cum": -7, "fits": False}), (t.F_CUM, b"x", {"cum": UNSURE, "fits": False}),
        (t.F_PX, b"-0.25", {"price": -250_000_000}), (t.F_PX, b"1e3", {"price": UNSURE, "fits": False}),
        (t.F_STOP, b"9", {}), (t.F_STOP, b"?", {"fits": False}), (t.F_RATE, b"0.1", {"fits": False}),
        (t.F_FROM, utc(T0).encode(), {"start": T0}), (t.F_FROM, b"early", {"start": UNSURE, "fits": False}),
        (t.F_UNTIL, utc(T0).encode(), {"until": T0}), (t.F_UNTIL, b"late", {"until": UNSURE, "fits": False}),
        (t.F_TRANSACT, b"never", {}), (t.F_LEAVES, b"x", {}),
    ],
)  # fmt: skip
def test_that_what_a_message_says_is_exact_and_one_doubt_is_enough(
    slot: int, value: bytes, said: dict[str, int]
) -> None:
    memory = tables()
    assert k.values(say(memory, {slot: value}), memory, 0)._asdict() == ALONE | said


def test_that_quantities_are_counted_in_units_of_the_instrument() -> None:
    memory = tables()
    data = say(memory, {t.F_QTY: b"1.25", t.F_CUM: b"0.5", t.F_PX: b"2"})
    assert k.values(data, memory, -2)[:3] == (125, 2_000_000_000, 50)
    data = say(memory, {t.F_QTY: b"1200", t.F_CUM: b"100", t.F_PX: b"2"})
    assert k.values(data, memory, 2)[:3] == (12, 2_000_000_000, 1)


# -- texts -------------------------------------------------------------------------------------------------------------


@given(st.lists(st.text("AB", min_size=1, max_size=6), max_size=30))
def test_that_a_text_keeps_the_number_of_its_first_sight(texts: list[str]) -> None:
    memory, state = tables(), fresh()
    plain: dict[str, int] = {}
    for text in texts:
        number = k.intern(say(memory, {t.F_ACCOUNT: text.encode()}), memory, state, t.F_ACCOUNT)
        assert number == plain.setdefault(text, len(plain))
    assert state[k.S_TEXTS] == state[k.S_KEYS] == len(plain)
    assert state[k.S_ARENA] == sum(map(len, plain))
    for text, number in plain.items():
        at, size = memory.texts[number, :2].tolist()
        assert memory.arena[at : at + size].tobytes() == text.encode()


def test_that_nothing_is_no_text() -> None:
    memory, state = tables(), fresh()
    assert k.intern(say(memory, {}), memory, state, t.F_ACCOUNT) == -1
    assert not state.any()


def test_that_a_venue_and_an_account_of_one_name_share_its_number() -> None:
    memory, state = tables(), fresh()
    data = say(memory, {t.F_ACCOUNT: b"X", t.F_EXCHANGE: b"X", t.F_MARKET: b"Y"})
    assert [k.intern(data, memory, state, slot) for slot in (t.F_ACCOUNT, t.F_EXCHANGE, t.F_MARKET)] == [0, 0, 1]


@given(st.lists(st.binary(max_size=9), max_size=12))
def test_that_kept_bytes_stand_one_behind_the_other(pieces: list[bytes]) -> None:
    memory, state = tables(), fresh()
    places = [k.keep(np.frombuffer(b"<" + piece, np.uint8), 1, len(piece), memory, state) for piece in pieces]
    assert memory.arena[: state[k.S_ARENA]].tobytes() == b"".join(pieces)
    assert [memory.arena[at : at + len(piece)].tobytes() for at, piece in zip(places, pieces, strict=True)] == pieces


# -- symbols and sessions ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "number"),
    [
        ({}, -1), ({t.F_SYMBOL: b"[N/A]"}, -1), ({t.F_SYMBOL: b"TECH", t.F_SUFFIX: b"A"}, -1),
        ({t.F_SYMBOL: b"OTHER"}, -2), ({t.F_SYMBOL: b"TECH"}, 0), ({t.F_SYMBOL: b"TEXT"}, -2),
    ],
)  # fmt: skip
def test_that_a_symbol_is_plain_known_or_asked_for(said: dict[int, bytes], number: int) -> None:
    memory, state = tables(), fresh()
    for text in (b"TECH", b"TEXT"):
        k.intern(say(memory, {t.F_SYMBOL: text}), memory, state, t.F_SYMBOL)
    memory.texts[0, 2] = 0  # only the first was looked up
    data = say(memory, said)
    assert k.symbol_of(data, memory) == number
    assert k.unknown(data, memory, state, 0) == (k.NEW_SYMBOL if number == -2 else k.FINISHED)
    assert state[k.S_SYMBOL] == number


def test_that_a_session_is_who_sends_to_whom_and_which_side_is_the_client() -> None:
    memory = tables()
    pairs = [(b"A", b"B"), (b"B", b"A"), (b"AB", b""), (b"", b"AB"), (b"A", b"BB")]
    keys = set()
    for sender, target in pairs:
        data = say(memory, {t.F_SENDER: sender, t.F_TARGET: target})
        assert k.session_of(data, memory, client=True) == -1
        keys |= {k.session_key(data, memory, client) for client in (True, False)}
    assert len(keys) == 2 * len(pairs)


@pytest.mark.parametrize(("means", "stop"), [(-1, k.FINISHED), (0, k.NEW_LINK), (1, k.FINISHED)])
def test_that_a_link_is_asked_for_once_in_each_generation(means: int, stop: int) -> None:
    memory, state = tables(), fresh()
    memory.sessions[0, [t.P_RULES, t.P_SLOTS]] = 1, t.F_REF
    state[k.S_GENERATION] = 1
    data = say(memory, {} if means < 0 else {t.F_REF: b"P1"})
    if means >= 0:
        prints = t.text_key(t.K_LINK, 0, data, memory.first[t.F_REF, 0], 2)
        assert k.unknown(data, memory, state, 0) == k.NEW_LINK
        t.put(memory.keys, t.probe(memory.keys, *prints), prints, 0, 0)
        memory.links[0, t.L_GENERATION] = means
    assert k.link_of(data, memory, 0, 0) == (-1 if means < 0 else 0)
    assert k.unknown(data, memory, state, 0) == stop
    assert memory.first[t.F_REF, 2] == (-1 if means < 0 else 0)


# -- copies ------------------------------------------------------------------------------------------------------------

COUNTERS = (k.C_POSSDUP, k.C_LOG, k.C_RESEND, k.C_POSSDUP_NEW)


def heard(*messages: tuple[int, str, str, str]) -> tuple[list[bool], list[int]]:
    """Whether each (body, seq, sent, flag: dup, resend or none) is a copy of one before it, and what was counted."""
    memory, state = tables(), fresh()
    said = []
    for body, seq, sent, flag in messages:
        values = {t.F_SEQ: seq.encode(), t.F_SENT: sent.encode()}
        values |= {"dup": {t.F_DUP: b"Y"}, "resend": {t.F_RESEND: b"Y"}, "n": {t.F_DUP: b"N"}}.get(flag, {})
        said.append(bool(k.repeated(say(memory, values), memory, state, (body * 1000 + 1, body))))
    return said, state[list(COUNTERS)].tolist()


@pytest.mark.parametrize(
    ("again", "copy", "counted"),
    [
        ((1, "5", "09:00", ""), True, [0, 1, 0, 0]),  # logged twice
        ((1, "5", "09:01", "dup"), True, [1, 0, 0, 0]),
        ((1, "5", "09:00", "dup"), True, [1, 0, 0, 0]),
        ((1, "5", "09:01", ""), False, [0, 0, 0, 0]),  # numbers were reset
        ((1, "5", "09:01", "n"), False, [0, 0, 0, 0]),
        ((1, "6", "09:01", "resend"), True, [0, 0, 1, 0]),
        ((1, "5", "09:01", "resend"), True, [0, 0, 1, 0]),
        ((1, "6", "09:00", ""), False, [0, 0, 0, 0]),
        ((1, "6", "09:00", "dup"), False, [0, 0, 0, 1]),
        ((2, "5", "09:00", ""), False, [0, 0, 0, 0]),
        ((2, "5", "09:00", "dup"), False, [0, 0, 0, 1]),
        ((2, "6", "09:00", "resend"), False, [0, 0, 0, 0]),
    ],
)
def test_that_a_copy_is_known_by_body_number_time_and_flags(
    again: tuple[int, str, str, str], copy: bool, counted: list[int]
) -> None:
    assert heard((1, "5", "09:00", ""), again) == ([False, copy], counted)


def test_that_the_original_of_a_possdup_that_came_first_is_its_copy() -> None:
    assert heard((1, "5", "09:01", "dup"), (1, "5", "09:00", "")) == ([False, True], [1, 0, 0, 1])


@given(
    st.lists(st.tuples(st.integers(1, 4), st.sampled_from("56"), st.sampled_from(["a", "b"]), st.just("")), max_size=25)
)
def test_that_without_flags_only_the_same_message_of_the_same_time_is_a_copy(
    messages: list[tuple[int, str, str, str]],
) -> None:
    latest: dict[tuple[int, str], str] = {}
    right = []
    for body, seq, sent, _ in messages:
        right.append(latest.get((body, seq)) == sent)
        latest[body, seq] = sent
    assert heard(*messages) == (right, [0, sum(right), 0, 0])
