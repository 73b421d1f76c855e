"""Orders, links and executions of a FIX stream one rule at a time, on tables laid out by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine import fix_chains as c
from app.engine import fix_state as k
from app.engine import fix_tables as t
from app.engine.fix_scan import Ints
from tests.engine.test_fix_state_values import fresh, say, tables

RULES = (t.F_REF, t.F_LEAVES)  # any two slots serve as link fields
KINDS = {
    "12F": k.FILL, "679ABEJKL": k.PENDING, "0": k.ACKED, "3": k.DONE, "4": k.CANCELLED, "5": k.REPLACED,
    "8": k.REJECTED, "C": k.EXPIRED, "D": k.RESTATED,
}  # fmt: skip


@pytest.mark.parametrize("said", range(256))
def test_that_an_exec_type_means_one_kind_and_any_other_letter_is_looked_at(said: int) -> None:
    right = [kind for letters, kind in KINDS.items() if chr(said) in letters]
    assert [c.meant(said)] == (right or [-1])


class Book:
    """Orders of some sessions, named one after the other."""

    def __init__(self, sessions: int = 1) -> None:
        memory, self.state = tables(), fresh()
        self.memory = memory._replace(sessions=memory.sessions.repeat(sessions, axis=0))

    def new(self, name: str, before: int = -1, session: int = 0) -> int:
        """A new order, in the chain of another."""
        return c.named(say(self.memory, {t.F_ID: name.encode()}), self.memory, self.state, session, before)

    def of(self, name: str, session: int = 0) -> int:
        """The order a name means."""
        return c.order_of(say(self.memory, {t.F_ID: name.encode()}), self.memory, session, t.F_ID)

    def told(self, name: str, order_id: str, session: int = 0) -> int:
        """The order a report means."""
        data = say(self.memory, {t.F_ID: name.encode(), t.F_ORDER_ID: order_id.encode()})
        order = c.order_of(data, self.memory, session, t.F_ID)
        return c.reported(data, self.memory, self.state, session, order)

    def text(self, number: int) -> str | None:
        """A text by its number."""
        if number < 0:
            return None
        at, size = self.memory.texts[number, :2].tolist()
        return self.memory.arena[at : at + size].tobytes().decode()

    def chain(self, first: int) -> list[int]:
        """Members of a chain, the newest first."""
        found, at = [], int(self.memory.orders[first, t.O_TAIL])
        while at >= 0:
            found.append(at)
            at = int(self.memory.orders[at, t.O_PREV])
        return found


def test_that_an_order_begins_with_nothing_but_its_name() -> None:
    book = Book()
    assert book.new("C1") == 0
    row = book.memory.orders[0]
    at, size = row[[t.O_AT, t.O_SIZE]].tolist()
    assert book.memory.arena[at : at + size].tobytes() == b"C1"
    unset = (t.O_SIDE, t.O_SYMBOL, t.O_VENUE, t.O_CURRENCY, t.O_ACCOUNT, t.O_PARENT, t.O_ALGO, t.O_LAST)
    assert {int(row[column]) for column in unset} == {-1}
    assert not row[t.O_LINKS :].any()
    assert (row[t.O_SLOW], row[t.O_ASKED], row[t.O_FIRST]) == (0, 0, 0)
    assert (book.state[k.S_ORDERS], book.state[k.S_KEYS]) == (1, 1)


@given(st.lists(st.integers(-1, 20), min_size=1, max_size=30))
def test_that_chains_hold_their_members_in_order(parents: list[int]) -> None:
    book = Book()
    plain: dict[int, list[int]] = {}
    first_of: list[int] = []
    for n, parent in enumerate(parents):
        before = parent if parent < n else -1
        assert book.new(f"C{n}", before) == n
        first = n if before < 0 else first_of[before]
        first_of.append(first)
        plain.setdefault(first, []).insert(0, n)
        assert book.of(f"C{n}") == n
    assert book.memory.orders[: len(parents), t.O_FIRST].tolist() == first_of
    assert {first: book.chain(first) for first in plain} == plain


def test_that_a_name_means_nothing_where_it_was_not_given() -> None:
    book = Book(2)
    book.new("C1")
    assert (book.of("C1"), book.of("C1", 1), book.of("C2"), book.of("")) == (0, -1, -1, -1)


def test_that_a_name_of_another_session_is_left_to_the_reference_decoder() -> None:
    book = Book(3)
    assert book.new("C1", session=1) == 0
    assert [book.new("C1", session=session) for session in (0, 2)] == [t.SLOW_ORDER, t.SLOW_ORDER]
    assert book.state[k.S_ORDERS] == 1


def test_that_every_member_of_a_chain_that_was_handed_over_is_gone() -> None:
    book = Book()
    book.new("C1")
    book.new("C1.1", 0)
    book.new("C2")
    book.memory.orders[0, t.O_SLOW] = 1
    assert [book.of(name) for name in ("C1", "C1.1", "C2")] == [t.SLOW_ORDER, t.SLOW_ORDER, 2]


@pytest.mark.parametrize("order_id", ["", "0", "NONE", "UNKNOWN", "N", "UUUU"])
def test_that_a_report_without_an_order_id_that_names_one_is_left_alone(order_id: str) -> None:
    book = Book()
    book.new("C1")
    assert book.told("C1", order_id) == t.SLOW_ORDER
    assert book.state[k.S_KEYS] == 1


@pytest.mark.parametrize("order_id", ["1", "00", "NO", "NONE1", "UNKNOWN1", "O-1", "01"])
def test_that_an_order_id_that_looks_like_none_is_one(order_id: str) -> None:
    book = Book()
    book.new("C1")
    assert book.told("C1", order_id) == 0


def test_that_both_names_of_a_report_must_mean_one_chain() -> None:
    book = Book()
    book.new("C1")
    book.new("C1.1", 0)
    book.new("C2")
    assert book.told("C1", "O1") == 0
    assert book.told("C1.1", "O1") == 1
    assert book.told("C2", "O1") == t.SLOW_ORDER
    assert book.told("C2", "O2") == 2
    assert book.told("C1", "O2") == t.SLOW_ORDER
    assert book.told("C3", "O1") == t.SLOW_ORDER
    assert book.told("C1", "O3") == 0  # a broker may give a second one


# -- links -------------------------------------------------------------------------------------------------------------


class Linked(Book):
    """A session of two rules, and some link values."""

    def __init__(self, *means: int) -> None:
        super().__init__()
        self.memory.sessions[0, t.P_RULES] = len(RULES)
        self.memory.sessions[0, t.P_SLOTS : t.P_SLOTS + len(RULES)] = RULES
        for number, what in enumerate(means):
            link = self.memory.links[number]
            link[:] = -1
            link[[t.L_MEANS, t.L_PARENT, t.L_ALGO, t.L_SEVERAL]] = what, 100 + number, 200 + number, 0

    def link(self, first: int, values: list[int], symbol: int = 5, *, buys: bool = True) -> bool:
        """A message of a chain that carries these link values, rule by rule (-1: none)."""
        self.memory.orders[first, t.O_SYMBOL] = symbol
        for slot, value in zip(RULES, values, strict=True):
            self.memory.first[slot, 1:] = (0 if value < 0 else 1), value
        return bool(c.linked(self.memory, self.state, first, buys))

    def parent(self, first: int) -> tuple[int, int]:
        """Parent and algo order of a chain."""
        parent, algo = self.memory.orders[first, [t.O_PARENT, t.O_ALGO]].tolist()
        return parent, algo


NO_PARENT = (-1, -1)


@pytest.mark.parametrize(
    ("means", "values", "plain", "parent"),
    [
        ([t.ACCEPTED], [-1, -1], True, NO_PARENT),
        ([t.ACCEPTED], [0, -1], True, (100, 200)),
        ([t.TARGET], [-1, 0], True, (100, 200)),
        ([t.TARGET, t.ACCEPTED], [0, 1], True, (100, 200)),
        ([t.TARGET, t.ACCEPTED], [1, 0], True, (101, 201)),  # the first rule that says one
        ([t.NOTHING, t.ACCEPTED], [0, 1], True, (101, 201)),
        ([t.NOTHING], [0, -1], False, NO_PARENT),
        ([t.UNSETTLED, t.ACCEPTED], [0, 1], False, NO_PARENT),
        ([t.ACCEPTED, t.UNSETTLED], [0, 1], True, (100, 200)),
    ],
)
def test_that_the_first_rule_that_means_a_parent_gives_it(
    means: list[int], values: list[int], plain: bool, parent: tuple[int, int]
) -> None:
    book = Linked(*means)
    book.new("C1")
    assert book.link(0, values) == plain
    assert book.parent(0) == parent


def test_that_a_parent_once_found_stays_and_a_link_that_changes_is_counted() -> None:
    book = Linked(t.ACCEPTED, t.ACCEPTED)
    book.new("C1")
    book.link(0, [0, -1])
    for _ in range(3):
        assert book.link(0, [1, -1])
    assert book.link(0, [0, -1])
    assert book.parent(0) == (100, 200)
    assert book.state[k.C_LINKS] == 3


def test_that_a_link_is_remembered_by_its_chain_when_later_messages_do_not_say_it() -> None:
    book = Linked(t.NOTHING)
    book.new("C1")
    assert not book.link(0, [0, -1])
    book.memory.links[0, t.L_MEANS] = t.TARGET
    assert book.link(0, [-1, -1])
    assert book.parent(0) == (100, 200)


@pytest.mark.parametrize(
    ("symbol", "buys", "parent"), [(5, True, (100, 200)), (6, True, NO_PARENT), (5, False, NO_PARENT)]
)
def test_that_a_value_carried_by_a_second_instrument_or_side_means_no_parent(
    symbol: int, buys: bool, parent: tuple[int, int]
) -> None:
    book = Linked(t.ACCEPTED)
    book.new("C1")
    book.new("C2")
    assert book.link(0, [0, -1])
    assert book.link(1, [0, -1], symbol, buys=buys) == (parent != NO_PARENT)
    assert (book.parent(0), book.parent(1)) == ((100, 200), parent)


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 1)), min_size=1, max_size=12))
def test_that_a_link_is_carried_by_several_as_soon_as_two_differ(carriers: list[tuple[int, int]]) -> None:
    book = Linked(t.ACCEPTED)
    link: Ints = book.memory.links[0]
    for n, (symbol, sign) in enumerate(carriers):
        c.carried(link, symbol, sign)
        assert bool(link[t.L_SEVERAL]) == (len(set(carriers[: n + 1])) > 1)
    assert (link[t.L_SYMBOL], link[t.L_SIGN]) == carriers[0]


# -- executions --------------------------------------------------------------------------------------------------------

FILL = {
    t.F_ORDER_ID: b"O1", t.F_EXEC: b"E1", t.F_ID: b"C1", t.F_LAST: b"10", t.F_LAST_PX: b"9.5", t.F_CUM: b"10",
    t.F_TYPE: b"F", t.F_STATUS: b"1",
}  # fmt: skip


def second(kind: int, changed: dict[int, bytes], session: int = 0) -> tuple[int, int]:
    """What an execution is that differs from one before it in these fields, and the copies counted."""
    book = Book(2)
    assert c.executed(say(book.memory, FILL), book.memory, book.state, 0, kind) == k.TAKEN
    said = c.executed(say(book.memory, FILL | changed), book.memory, book.state, session, kind)
    return said, int(book.state[k.C_EXECUTION])


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, k.COPY), ({t.F_ID: b"C1.1"}, k.COPY), ({t.F_STATUS: b"2"}, k.COPY),
        ({t.F_LAST: b"11"}, k.SLOW), ({t.F_LAST_PX: b"9.6"}, k.SLOW), ({t.F_CUM: b"20"}, k.SLOW),
        ({t.F_EXEC: b"E2"}, k.TAKEN), ({t.F_ORDER_ID: b"O2"}, k.TAKEN), ({t.F_LAST: b""}, k.SLOW),
    ],
)  # fmt: skip
def test_that_an_exec_id_fills_an_order_once_and_another_fill_under_it_is_looked_at(
    changed: dict[int, bytes], said: int
) -> None:
    assert second(k.FILL, changed) == (said, int(said == k.COPY))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, k.COPY), ({t.F_LAST: b"0", t.F_LAST_PX: b"1"}, k.COPY), ({t.F_STATUS: b"2"}, k.TAKEN),
        ({t.F_TYPE: b"0"}, k.TAKEN), ({t.F_CUM: b"20"}, k.TAKEN), ({t.F_ID: b"C1.1"}, k.TAKEN),
        ({t.F_EXEC: b"E2"}, k.TAKEN),
    ],
)  # fmt: skip
def test_that_a_report_that_fills_nothing_is_a_copy_only_when_it_says_the_same(
    changed: dict[int, bytes], said: int
) -> None:
    assert second(k.ACKED, changed) == (said, int(said == k.COPY))


def test_that_exec_ids_are_those_of_a_session_and_kind() -> None:
    assert second(k.FILL, {}, session=1) == (k.TAKEN, 0)
    book = Book()
    kinds = (k.FILL, k.ACKED, k.CANCELLED, k.REPLACED, k.DONE)
    assert [c.executed(say(book.memory, FILL), book.memory, book.state, 0, kind) for kind in kinds] == [k.TAKEN] * 5
    assert book.state[k.S_KEYS] == len(kinds)


# -- standing columns --------------------------------------------------------------------------------------------------


def test_that_standing_columns_hold_until_something_else_is_said() -> None:
    book = Book()
    book.new("C1")
    columns = [t.O_VENUE, t.O_CURRENCY, t.O_ACCOUNT]
    seen = []
    said: list[dict[int, bytes]] = [
        {t.F_EXCHANGE: b"XNYS", t.F_CURRENCY: b"USD"}, {}, {t.F_DESTINATION: b"XNAS", t.F_EXCHANGE: b"XNYS"},
        {t.F_ACCOUNT: b"ACC"}, {t.F_MARKET: b"ARCX", t.F_CURRENCY: b"EUR"},
    ]  # fmt: skip
    for values in said:
        c.standing(say(book.memory, values), book.memory, book.state, 0)
        seen.append([book.text(number) for number in book.memory.orders[0, columns].tolist()])
    assert seen == [
        ["XNYS", "USD", None], ["XNYS", "USD", None], ["XNAS", "USD", None], ["XNAS", "USD", "ACC"],
        ["XNAS", "EUR", "ACC"],
    ]  # fmt: skip
