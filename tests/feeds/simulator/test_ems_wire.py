"""What the simulated EMS sends, message by message, and the script that says how it answers."""

import re
from typing import Any, Final

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.units import SECOND
from app.feeds.decode.fix_fields import FixMessage
from app.feeds.decode.fix_frame import frame_one
from app.feeds.decode.fix_wire import Header, built
from app.feeds.simulator.ems import Fill
from app.feeds.simulator.ems_script import Reaction, Script
from app.feeds.simulator.ems_wire import WORKING, Asked, Kept, Outbox, Told, application_tags
from tests.control.made import PRICE, PROFILE, T0
from tests.feeds.simulator.test_ems import Peer, told

ALL = (PROFILE.strategy_tag, 38, 55, 9999)
KINDS = {"G": "replace", "F": "cancel", "D": "new", "H": "status"}


def message(kind: str = "G", *fields: tuple[int, str]) -> FixMessage:
    """A request as it arrives."""
    found = frame_one(built(Header("SCORECARD", "EMS", 7, T0), kind, fields))
    assert isinstance(found, FixMessage)
    return found


def kept(**changes: Any) -> Kept:
    """An order of 1,000 at work."""
    values: dict[str, Any] = {
        "order_id": "A1", "parent_id": "P", "cl_ord_id": "A1.1", "qty": 1_000,
        "tags": ((55, "TECH"), (38, "1000"), (PROFILE.strategy_tag, "VWAP"), (9999, "own")),
    }  # fmt: skip
    return Kept(**(values | changes))


def said(box: Outbox) -> list[FixMessage]:
    """The messages said since the last call; every one is whole."""
    read = [frame_one(answer.raw) for answer in box.taken()]
    found = [one for one in read if isinstance(one, FixMessage)]
    assert len(found) == len(read)
    return found


# -- the script --------------------------------------------------------------------------------------------------------


@given(kind=st.sampled_from(sorted(KINDS)), number=st.integers(0, 50), count=st.integers(1, 5))
def test_that_the_nth_request_of_a_kind_has_the_nth_reaction_and_further_ones_the_last(
    kind: str, number: int, count: int
) -> None:
    listed = tuple(Reaction(text=f"{kind}{k}") for k in range(count))
    script = msgspec.structs.replace(Script(), **{KINDS[kind]: listed})
    assert script.reaction(kind, number).text == f"{kind}{number if number < count else count - 1}"
    others = [other for other in KINDS if other != kind]
    assert [script.reaction(other, number) for other in others] == [Script().reaction(other, 0) for other in others]


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_that_an_empty_list_of_reactions_accepts(kind: str) -> None:
    script = msgspec.structs.replace(Script(), **{KINDS[kind]: ()})
    assert script.reaction(kind, 3).answer == "accept"


@pytest.mark.parametrize(
    "table",
    [{"replace": [{"answer": "maybe"}]}, {"replaces": []}, {"new": [{"delay": 3}]}, {"status": [{"copies": "2"}]}],
)
def test_that_a_script_that_is_none_is_refused(table: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(table, Script)


# -- orders as they are kept -------------------------------------------------------------------------------------------


@given(qty=st.integers(0, 10**9), cum=st.integers(0, 10**9), status=st.sampled_from("0123456789ABCDE"))
def test_that_only_an_order_at_work_has_something_left_and_never_less_than_nothing(
    qty: int, cum: int, status: str
) -> None:
    left = kept(qty=qty, cum=cum, status=status).leaves
    assert left >= 0
    assert left + cum == max(qty, cum) if status in WORKING else left == 0


@given(fills=st.lists(st.tuples(st.integers(1, 200), st.integers(1, 10**12)), min_size=1, max_size=5))
def test_that_a_report_adds_up_and_its_average_is_that_of_the_fills(fills: list[tuple[int, int]]) -> None:
    box, order = Outbox(PROFILE), kept()
    for qty, price in fills:
        order.cum += qty
        order.notional += qty * price
    box.report(order, Told("F"), T0)
    (one,) = said(box)
    assert int(one.text(14) or "") + int(one.text(151) or "") == 1_000
    whole, _, part = (one.text(6) or "").partition(".")
    average = int(whole) * 10**9 + int(part.ljust(9, "0") or 0)
    assert average == sum(qty * price for qty, price in fills) // sum(qty for qty, _ in fills)


def test_that_an_order_without_fills_has_no_average() -> None:
    box = Outbox(PROFILE)
    box.report(kept(), Told("0"), T0)
    (one,) = said(box)
    assert (one.text(6), one.text(14), one.text(151)) == ("0", "0", "1000")


@pytest.mark.parametrize(("echo", "strategy"), [("equal", ["VWAP"]), ("absent", []), ("other", ["OTHER"])])
def test_that_the_strategy_in_a_report_is_as_scripted_and_the_other_tags_are_the_orders(
    echo: Any, strategy: list[str]
) -> None:
    box = Outbox(PROFILE)
    box.report(kept(), Told("5", reaction=Reaction(echo=echo)), T0)
    (one,) = said(box)
    values = [(tag, value.decode()) for tag, value in one.fields if tag in ALL]
    assert [value for tag, value in values if tag == PROFILE.strategy_tag] == strategy
    assert sorted(v for tag, v in values if tag != PROFILE.strategy_tag) == ["1000", "TECH", "own"]


def test_that_the_quantity_is_told_once_and_is_todays() -> None:
    box = Outbox(PROFILE)
    box.report(kept(qty=700), Told("5"), T0)
    (one,) = said(box)
    assert [value for tag, value in one.fields if tag == 38] == [b"700"]


@pytest.mark.parametrize("copies", [1, 2, 3])
def test_that_a_copy_keeps_its_number_and_says_that_it_is_one(copies: int) -> None:
    box = Outbox(PROFILE)
    box.report(kept(), Told("5", reaction=Reaction(copies=copies)), T0)
    box.report(kept(), Told("I"), T0)
    *same, after = said(box)
    assert len(same) == copies
    assert {one.text(34) for one in same} == {"1"}
    assert [one.text(43) for one in same] == [None] + ["Y"] * (copies - 1)
    assert len({one.text(17) for one in same}) == 1
    assert after.text(34) == "2"


def test_that_every_report_has_an_execution_id_of_its_own_unless_it_is_given_one() -> None:
    box = Outbox(PROFILE)
    for _ in range(5):
        box.report(kept(), Told("I"), T0)
    box.report(kept(), Told("F", exec_id="X9"), T0)
    ids = [one.text(17) for one in said(box)]
    assert len(set(ids)) == 6
    assert ids[-1] == "X9"


def test_that_what_was_said_is_said_once_and_a_quiet_box_says_nothing() -> None:
    box, quiet = Outbox(PROFILE), Outbox(PROFILE, quiet=True)
    for one in (box, quiet):
        one.report(kept(), Told("0"), T0)
        one.unknown("N1", T0)
        one.reject("3", message(), T0, "no")
    assert (len(box.taken()), box.taken(), quiet.taken()) == (3, [], [])


# -- refusals ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "reason", "order", "status", "by"),
    [
        ("G", 3, kept(), "0", "2"), ("F", None, kept(), "0", "1"), ("F", 3, kept(status="1"), "1", "1"),
        ("G", 1, kept(), "8", "2"), ("F", 0, None, "8", "1"),
    ],
)  # fmt: skip
def test_that_a_refused_change_names_the_order_only_when_it_is_known(
    kind: str, reason: int | None, order: Kept | None, status: str, by: str
) -> None:
    box = Outbox(PROFILE)
    box.refuse(Asked(message(kind, (11, "N1"), (41, "A1.1")), Reaction(), order), T0, (reason, "no"))
    (one,) = said(box)
    assert (one.kind, one.text(11), one.text(41), one.text(58)) == ("9", "N1", "A1.1", "no")
    assert (one.text(39), one.text(434)) == (status, by)
    assert one.text(37) == ("NONE" if status == "8" else "A1")
    assert one.text(102) == (None if reason is None else str(reason))


@pytest.mark.parametrize(("reason", "code"), [(None, "99"), (6, "6")])
def test_that_a_refused_new_order_repeats_what_was_asked_and_holds_nothing(reason: int | None, code: str) -> None:
    box = Outbox(PROFILE)
    request = message("D", (11, "N1"), (55, "TECH"), (38, "1000"), (9999, "own"))
    box.refuse(Asked(request, Reaction(), None), T0, (reason, "no"))
    (one,) = said(box)
    assert told([one])[0][0] == "8"
    assert [one.text(tag) for tag in (150, 39, 103, 14, 151, 37)] == ["8", "8", code, "0", "0", "NONE"]
    assert [one.text(tag) for tag in (55, 38, 9999)] == ["TECH", "1000", "own"]


@pytest.mark.parametrize(("kind", "named"), [("3", None), ("j", "N1")])
def test_that_a_reject_points_at_the_message(kind: str, named: str | None) -> None:
    box = Outbox(PROFILE)
    box.reject(kind, message("G", (11, "N1")), T0, "no")
    (one,) = said(box)
    assert (one.kind, one.text(45), one.text(372), one.text(379), one.text(58)) == (kind, "7", "G", named, "no")


REQUESTS: Final = (11, 37, 41, 43, 58, 60, 97, 122)  # what names a request rather than the order
PRINTED: Final = st.from_regex(re.compile(r"[ -<>-~]{1,12}"), fullmatch=True)


@given(
    st.lists(st.tuples(st.sampled_from((*REQUESTS, 1, 38, 54, 55)) | st.integers(5_000, 9_999), PRINTED), max_size=12)
)
def test_that_the_tags_kept_of_a_request_are_its_own_in_their_order(pairs: list[tuple[int, str]]) -> None:
    expected = tuple((tag, text) for tag, text in pairs if tag not in REQUESTS)
    assert application_tags(message("G", *pairs)) == expected


# -- quantities that are none ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", "0", "-5", "²", "٣", "1e5", "five", "10.5", "9" * 30, "1" * 5_000])
def test_that_a_replace_to_a_quantity_that_is_none_is_refused_and_the_order_stays(text: str) -> None:
    peer = Peer()
    peer.begin()
    peer.change(t38=text) if text else peer.change(t38="0")
    (answer,) = [one for one in peer.later(500) if one.text(150) != "E"]
    assert (answer.kind, answer.text(58)) == ("9", "quantity is not allowed")
    (standing,) = peer.take(peer.ems.filled("TECH-A1", Fill("X1", 10, PRICE), peer.now))
    assert (standing.text(11), standing.text(38), standing.text(151)) == ("TECH-A1.1", "1000", "990")
    assert peer.desk.commands == []


@pytest.mark.parametrize(
    ("text", "qty"), [("1500", "1500"), ("1500.", "1500"), ("1500.00", "1500"), ("0001500", "1500")]
)
def test_that_a_whole_quantity_is_taken_however_it_is_written(text: str, qty: str) -> None:
    peer = Peer()
    peer.begin()
    peer.change(t38=text)
    assert peer.later(500)[-1].text(38) == "1500"


def test_that_the_answers_of_many_orders_keep_the_order_of_time() -> None:
    peer = Peer(cancel=Reaction(answer_ms=900, pending=False), replace=Reaction(answer_ms=100, pending=False))
    peer.begin()
    peer.begin(order_id="TECH-A2")
    peer.change("F", "N1")
    peer.change("G", "N2", "TECH-A2.1")
    assert peer.ems.due() == T0 + SECOND // 10
    assert [one.text(11) for one in peer.later(5_000)] == ["N2", "N1"]
    assert peer.ems.due() is None
