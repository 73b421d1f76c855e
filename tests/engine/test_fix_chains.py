"""Chains, links and executions of a FIX stream, seen through the rows of small lives and of a crowd."""

import pytest

from tests.feeds.fix.flows import TABLE, crowd
from tests.feeds.fix.test_fix_flow import assert_alike, regular
from tests.feeds.fix.wire import T0, Body, Line, filled, order, report


@pytest.mark.parametrize("seed", range(3000, 3010))
def test_that_chains_of_a_crowd_are_those_of_the_reference_decoder(seed: int) -> None:
    assert_alike(b"".join(crowd(seed, 120)), TABLE, [])


@pytest.mark.parametrize("said", "0123456789ABCDEFGHIJKLMZ")
def test_that_every_exec_type_gives_the_row_of_the_reference_decoder(said: str) -> None:
    line = Line()
    line.send("D", order("C1"))
    terms: Body = [(38, 100), (44, "10"), (32, 10), (31, "10"), (14, 10), (19, "E0")]
    line.send("8", report("C1", "E1", said, "0", terms), T0 + 1)
    line.send("8", report("C1", "E1", said, "0", terms), T0 + 2)
    line.send("8", report("C1", "E1", said, "1", [*terms, (58, "other")]), T0 + 3)
    assert_alike(b"".join(message for _, message in line.log), {}, [])


def test_that_links_are_followed_while_one_instrument_carries_them() -> None:
    line = Line()
    links: list[Body] = [[(526, "P1")], [(526, "P1"), (583, "Q1")], [(66, "L1")], [(198, "nobody")], []]
    for n, link in enumerate(links * 3):
        line.send("D", [*order(f"C{n}", symbol="TECH" if n < 12 else "OTHER"), *link], T0 + n)
        line.send("8", [*report(f"C{n}", f"E{n}", "0", "0"), (526, f"P{n % 2 + 1}")], T0 + n)
    found = assert_alike(b"".join(message for _, message in line.log), {}, [])
    assert regular(found) > 10
    assert len({row.parent_id for row in found.rows}) > 2


def test_that_a_parent_that_is_seen_later_is_meant_from_then_on() -> None:
    pm, ems = Line("PM", "EMS"), Line("EMS", "BRK")
    log = [ems.send("D", [*order("C1"), (526, "U1")]), pm.send("D", [*order("U1"), (7000, "Y")], T0 + 1)]
    log += [ems.send("D", [*order("C2"), (526, "U1")], T0 + 2), pm.send("8", report("U1", "E1", "0", "0"), T0 + 3)]
    log += [ems.send("D", [*order("C3"), (198, "O-U1")], T0 + 4), ems.send("D", [*order("C4"), (198, "O-U2")], T0 + 5)]
    log += [ems.send("8", filled(name, f"F{name}", (1, "10"), 1), T0 + 6) for name in ("C1", "C2", "C3", "C4")]
    levels = {"pm": {"sender": "PM", "target": "EMS", "levels": [{"tag": 7000, "level": "parent"}]}}
    found = assert_alike(b"".join(log), {"session": levels}, [])
    assert [row.parent_id for row in found.rows][-4:] == ["U1", "U1", "U1", None]


def test_that_names_that_disagree_are_left_to_the_reference_decoder() -> None:
    line = Line()
    for name in ("C1", "C2"):
        line.send("D", order(name))
        line.send("8", report(name, f"E{name}", "0", "0"), T0 + 1)
    line.send("D", order("C3"), T0 + 2)
    line.send("8", report("C3", "E4", "D", "0", [(37, "UNKNOWN")]), T0 + 2)
    line.send("8", report("C1", "E3", "D", "0", [(37, "O-C2")]), T0 + 3)
    line.send("8", [(11, "C2"), (17, "E5"), (150, "D"), (39, "0")], T0 + 4)
    line.send("8", [(37, "O-C2"), (17, "E6"), (150, "D"), (39, "0")], T0 + 5)
    assert_alike(b"".join(message for _, message in line.log), {}, [])


def test_that_a_name_of_another_session_and_standing_columns_are_kept_apart() -> None:
    one, two = Line("EMS", "BRK"), Line("EMS", "ALT")
    log = [one.send("D", order("C1")), two.send("D", order("C1"), T0 + 1), two.send("D", order("C2"), T0 + 2)]
    log += [one.send("F", [(11, "C3"), (41, "C1"), (207, "XNYS"), (15, "USD"), (1, "A")], T0 + 3)]
    log += [one.send("8", filled("C1", "F1", (5, "10"), 5), T0 + 4)]
    found = assert_alike(b"".join(log), {}, [])
    last = found.rows[-1]
    assert (last.child_id, last.venue, last.currency, last.account) == ("C1", "XNYS", "USD", "A")
