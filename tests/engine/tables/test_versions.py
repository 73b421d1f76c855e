"""What was said before a bust, a correction or an amendment, and what after."""

from fractions import Fraction
from typing import Any

from app.feeds.generator.hand import T0, Sheet
from tests.session.play import played

S = 1_000_000_000
Line = tuple[str, str, str, str | None, str | None]


def quoted() -> Sheet:
    sheet = Sheet()
    sheet.reference(currency="USD")
    sheet.quote(-S, "100.00", "100.02")
    sheet.quote(60 * S, "100.00", "100.02")
    return sheet


def versions(sheet: Sheet) -> list[dict[str, Any]]:
    columns = played(sheet).tables()["versions"]
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def lines(sheet: Sheet, second: int | None = None) -> list[Line]:
    """(table, key, column, old, new) of every version, or of those known at a second."""
    return [
        (row["table"], row["key"], row["column"], row["old"], row["new"])
        for row in versions(sheet)
        if second is None or row["known_ts"] == T0 + second * S
    ]


def test_that_a_bust_shows_the_figures_with_and_without_its_fill() -> None:
    sheet = quoted()
    sheet.parent(0, "BUY", 300)
    sheet.fill(1 * S, 100, "100.03", "F1", fee=2_000_000_000)
    sheet.fill(2 * S, 100, "100.01", "F2", fee=1_000_000_000)
    sheet.order(5 * S, "bust", parent_id="P1", exec_id="B", ref_exec_id="F1")
    *told, slip = lines(sheet)
    assert told == [
        ("fills", "F1", "qty", "100", "0"),
        ("parents", "P1", "avg_px", "100.02", "100.01"),
        ("parents", "P1", "exec_cost_ccy", "2.0", "0.0"),
        ("parents", "P1", "fees_ccy", "3.0", "1.0"),
        ("parents", "P1", "filled_qty", "200", "100"),
    ]
    assert (slip[2], slip[4]) == ("slip_arrival_bps", "0.0")
    assert float(slip[3] or "") == float(Fraction("0.01") / Fraction("100.01") * 10_000)
    row = versions(sheet)[0]
    assert (row["known_ts"], row["source"], row["seq"]) == (T0 + 5 * S, "oms", 4)


def test_that_a_correction_of_the_fee_alone_restates_the_fees_alone() -> None:
    sheet = quoted()
    sheet.parent(0, "BUY", 300)
    sheet.fill(1 * S, 100, "100.03", "F1", fee=2_000_000_000)
    sheet.order(
        5 * S, "correct", parent_id="P1", exec_id="K", ref_exec_id="F1", qty=100, price="100.03", fee=500_000_000
    )
    assert lines(sheet) == [("parents", "P1", "fees_ccy", "2.0", "0.5")]


def test_that_every_step_of_a_row_of_corrections_shows_its_own_terms_and_fees() -> None:
    sheet = quoted()
    sheet.parent(0, "BUY", 300)
    sheet.fill(1 * S, 100, "100.01", "F1", fee=2_000_000_000)
    names = {"parent_id": "P1", "ref_exec_id": "F1"}
    sheet.order(5 * S, "correct", **names, exec_id="K1", qty=100, price="100.03", fee=3_000_000_000)
    sheet.order(6 * S, "correct", **names, exec_id="K2", qty=200, price="100.03")
    sheet.order(7 * S, "correct", **names, exec_id="K3", qty=200, price="100.01", fee=5_000_000_000)
    sheet.order(8 * S, "bust", **names, exec_id="B")
    columns = ("fees_ccy", "filled_qty", "avg_px", "exec_cost_ccy", "qty", "px")
    told = {(row["known_ts"] // S - T0 // S, row["column"]): (row["old"], row["new"]) for row in versions(sheet)}
    assert {key: value for key, value in told.items() if key[1] in columns} == {
        (5, "px"): ("100.01", "100.03"), (5, "avg_px"): ("100.01", "100.03"), (5, "exec_cost_ccy"): ("0.0", "2.0"),
        (5, "fees_ccy"): ("2.0", "3.0"),
        (6, "qty"): ("100", "200"), (6, "filled_qty"): ("100", "200"), (6, "exec_cost_ccy"): ("2.0", "4.0"),
        (7, "px"): ("100.03", "100.01"), (7, "avg_px"): ("100.03", "100.01"), (7, "exec_cost_ccy"): ("4.0", "0.0"),
        (7, "fees_ccy"): ("3.0", "5.0"),
        (8, "qty"): ("200", "0"), (8, "filled_qty"): ("200", "0"), (8, "avg_px"): ("100.01", None),
        (8, "fees_ccy"): ("5.0", "0.0"),
    }  # fmt: skip


def test_that_an_amendment_shows_the_quantity_before_and_after() -> None:
    sheet = quoted()
    sheet.parent(0, "BUY", 300)
    for second, qty in ((1, 400), (2, 400), (3, 250)):
        sheet.order(second * S, "parent_amended", parent_id="P1", qty=qty)
    sheet.order(4 * S, "parent_amended", parent_id="P1", limit="100.00")
    assert lines(sheet) == [
        ("parents", "P1", "order_qty", "300", "400"),
        ("parents", "P1", "order_qty", "400", "250"),
    ]


def test_that_versions_come_by_the_time_they_became_known() -> None:
    sheet = quoted()
    for name in ("P2", "P1"):
        sheet.parent(0, "BUY", 300, name)
        sheet.fill(1 * S, 100, "100.03", f"F{name}", parent_id=name)
    sheet.order(5 * S, "bust", parent_id="P2", exec_id="B", ref_exec_id="FP2")
    sheet.order(4 * S, "parent_amended", parent_id="P2", qty=1)
    sheet.order(4 * S, "parent_amended", parent_id="P1", qty=2)
    told = versions(sheet)
    assert [row["known_ts"] for row in told] == sorted(row["known_ts"] for row in told)
    assert [row["key"] for row in told[:3]] == ["P2", "P1", "FP2"]


def test_that_a_restatement_of_an_order_without_a_side_or_of_nobodys_fill_shows_nothing() -> None:
    sheet = quoted()
    sheet.order(0, "parent_new", parent_id="P1", instrument="INST", qty=5)
    sheet.fill(1 * S, 100, "100.03", "F1", side=None)
    sheet.fill(1 * S, 100, "100.03", "F2", parent_id=None)
    for name, parent in (("F1", "P1"), ("F2", None)):
        sheet.order(2 * S, "bust", parent_id=parent, exec_id=f"B{name}", ref_exec_id=name)
    assert versions(sheet) == []


def test_that_without_an_instrument_money_is_undefined_on_both_sides() -> None:
    sheet = quoted()
    sheet.parent(0, "BUY", 300, instrument=None)
    sheet.fill(1 * S, 100, "100.03", "F1", instrument=None, fee=2_000_000_000)
    sheet.order(5 * S, "bust", parent_id="P1", exec_id="B", ref_exec_id="F1")
    assert [line[2] for line in lines(sheet)] == ["qty", "avg_px", "filled_qty"]


def test_that_a_fill_without_an_id_has_an_empty_key() -> None:
    sheet = quoted()
    sheet.parent(0, "BUY", 300)
    sheet.fill(1 * S, 100, "100.03", "F1")
    sheet.order(5 * S, "correct", parent_id="P1", exec_id="F1", qty=7, price="100.03")
    assert lines(sheet)[0] == ("fills", "F1", "qty", "100", "7")


def test_that_a_day_without_restatements_has_no_versions() -> None:
    sheet = quoted()
    sheet.parent(0, "BUY", 300)
    sheet.fill(1 * S, 100, "100.03", "F1")
    assert versions(sheet) == []
