"""The sessions whose figures are worked out by hand: the golden table INST, its mirrored sell, and the ties."""

from app.feeds.generator.hand import Sheet

MS = 1_000_000
S = 1_000_000_000


def inst() -> Sheet:
    """The golden table: buy 100,000 INST, every touch stamped 1 ns before the event of its row."""
    sheet = Sheet()
    sheet.reference(
        currency="USD", quote_currency="USD", tick_size=10_000_000, lot=100, adv=400_000.0, daily_sigma=0.02,
        shares_outstanding=80_000_000.0, beta=1.0, timezone="UTC",
    )  # fmt: skip
    for t, bid, ask in (
        (0, "100.00", "100.02"), (50 * MS, "100.01", "100.03"), (75 * MS, "100.02", "100.04"),
        (120 * MS, "100.03", "100.05"), (200 * MS, "100.05", "100.07"),
    ):  # fmt: skip
        sheet.quote(t - 1, bid, ask, (3_000, 3_000))
    sheet.trade(75 * MS, "100.035", 5_000, side="B")
    sheet.trade(120 * MS, "100.045", 5_000, side="B")
    sheet.status(200 * MS, "open")  # end of data: the moment of the table's last row
    names = {"parent_id": "P1", "algo_order_id": "A1"}
    about = {"account": "FUND1", "trader": "jane", "currency": "USD", "order_type": "LIMIT", "tif": "DAY"}
    sheet.parent(0, "BUY", 100_000, algo="VWAP", **about)
    sheet.order(1 * MS, "algo_new", **names, instrument="INST", side="BUY", qty=100_000, algo="VWAP")
    child = {**names, "child_id": "C1", "instrument": "INST", "venue": "XONE", "side": "BUY"}
    sheet.order(50 * MS, "child_new", **child, qty=10_000, price="100.04", order_type="LIMIT", tif="DAY")
    sheet.order(51 * MS, "child_acked", **child)
    sheet.fill(75 * MS, 5_000, "100.035", "F1", algo_order_id="A1", child_id="C1", liquidity="R", cum_qty=5_000)
    sheet.fill(120 * MS, 5_000, "100.045", "F2", algo_order_id="A1", child_id="C1", liquidity="R", cum_qty=10_000)
    return sheet


def inst_sell() -> Sheet:
    """The golden table as a sell: every side and price reflected about the arrival mid."""
    return inst().mirrored("100.01")


def ties() -> Sheet:
    """Equal stamps and doubtful touches, one instrument and one parent of the same name each; end of data at +60 s."""
    sheet = Sheet()
    for case in (
        _arrival, _match, _horizon, _locked, _crossed, _crossed_long, _one_sided, _one_sided_edge, _one_sided_over,
        _halted, _two_venues, _born_and_dead, _same_fills, _amended, _data_end,
    ):  # fmt: skip
        case(sheet)
    return sheet


def _case(sheet: Sheet, name: str, qty: int = 200, at: int = -30 * S) -> None:
    """A new instrument quoted 100.00/100.02, a buy of that name entered at 0 and ended at 10 s."""
    sheet.instrument = name
    sheet.reference(currency="USD", quote_currency="USD", tick_size=10_000_000)
    sheet.quote(at, "100.00", "100.02")
    sheet.parent(0, "BUY", qty, name)
    sheet.done(10 * S, name)


def _arrival(sheet: Sheet) -> None:
    _case(sheet, "ARRIVAL")
    sheet.quote(0, "100.10", "100.12")
    sheet.trade(0, "100.02", 500)
    sheet.trade(10 * S, "100.04", 300)
    sheet.quote(10 * S, "100.20", "100.22")
    sheet.trade(10 * S + 1, "100.22", 700)
    sheet.fill(5 * S, 100, "100.12", "F1", parent_id="ARRIVAL")


def _match(sheet: Sheet) -> None:
    _case(sheet, "MATCH")
    sheet.quote(1 * S, "100.04", "100.06")
    sheet.quote(1 * S + MS + 1, "100.06", "100.08")
    fill = sheet.fill(1 * S + 2 * MS, 200, "100.02", "F1", parent_id="MATCH")
    fill["ts_match"] -= 2 * MS


def _horizon(sheet: Sheet) -> None:
    _case(sheet, "HORIZON")
    sheet.fill(1 * S, 200, "100.02", "F1", parent_id="HORIZON")
    sheet.quote(1 * S + MS, "100.03", "100.05")
    sheet.quote(1 * S + 10 * MS + 1, "100.07", "100.09")


def _locked(sheet: Sheet) -> None:
    _case(sheet, "LOCKED")
    sheet.quote(-5 * S, "100.02", "100.02", (100, 300))
    sheet.fill(1 * S, 200, "100.03", "F1", parent_id="LOCKED")


def _crossed(sheet: Sheet) -> None:
    _case(sheet, "CROSSED")
    sheet.quote(-S // 2, "100.05", "100.03")
    sheet.quote(S // 4, "100.04", "100.06")
    sheet.fill(1 * S, 200, "100.06", "F1", parent_id="CROSSED")


def _crossed_long(sheet: Sheet) -> None:
    _case(sheet, "CROSSED_LONG")
    sheet.quote(-2 * S, "100.05", "100.03")
    sheet.quote(1 * S, "100.03", "100.05")
    sheet.fill(2 * S, 200, "100.05", "F1", parent_id="CROSSED_LONG")


def _one_sided(sheet: Sheet) -> None:
    _case(sheet, "ONE_SIDED")
    sheet.quote(-S // 2, "100.01", None)
    sheet.fill(S // 4, 100, "100.03", "F1", parent_id="ONE_SIDED")
    sheet.fill(1 * S, 100, "100.03", "F2", parent_id="ONE_SIDED")
    sheet.quote(5 * S, "100.01", "100.03")


def _one_sided_edge(sheet: Sheet) -> None:
    _case(sheet, "ONE_SIDED_EDGE")
    sheet.quote(-S - 1, None, "100.02")
    sheet.quote(5 * S, "100.01", "100.03")


def _one_sided_over(sheet: Sheet) -> None:
    _case(sheet, "ONE_SIDED_OVER")
    sheet.quote(-S - 2, None, "100.02")
    sheet.quote(5 * S, "100.01", "100.03")


def _halted(sheet: Sheet) -> None:
    _case(sheet, "HALTED")
    sheet.fill(1 * S, 100, "100.02", "F1", parent_id="HALTED")
    sheet.status(1 * S + 50 * MS, "halt")
    sheet.quote(2 * S, "100.06", "100.08")
    sheet.status(3 * S, "open")


def _two_venues(sheet: Sheet) -> None:
    _case(sheet, "TWO_VENUES")
    sheet.quote(-20 * S, "100.00", "100.02", venue="XTWO")
    sheet.quote(-5, "100.03", "100.05")  # crosses XTWO's ask for no time at all
    sheet.quote(-5, "100.01", "100.04", (200, 300), venue="XTWO")
    sheet.fill(1 * S, 200, "100.04", "F1", parent_id="TWO_VENUES")


def _born_and_dead(sheet: Sheet) -> None:
    _case(sheet, "BORN_AND_DEAD")
    sheet.quote(-S + 100, "100.05", "100.03")  # crossed; the hold ends 1 s later, 100 ns after entry
    sheet.quote(-5, "100.40", "100.42")  # valid, and crossed again within the same ns: never seen
    sheet.quote(-5, "100.45", "100.43")
    sheet.fill(100, 100, "100.03", "F1", parent_id="BORN_AND_DEAD")
    sheet.fill(102, 100, "100.03", "F2", parent_id="BORN_AND_DEAD")


def _same_fills(sheet: Sheet) -> None:
    _case(sheet, "SAME_FILLS")
    late = sheet.fill(1 * S, 100, "100.05", "F1", parent_id="SAME_FILLS")
    early = sheet.fill(1 * S, 100, "100.03", "F2", parent_id="SAME_FILLS")
    late["seq"], early["seq"] = early["seq"], late["seq"]  # F2 comes first by seq


def _amended(sheet: Sheet) -> None:
    _case(sheet, "AMENDED")
    sheet.quote(1 * S, "100.02", "100.04")
    sheet.order(2 * S, "parent_amended", parent_id="AMENDED", qty=300)
    sheet.quote(2 * S, "100.06", "100.08")
    sheet.fill(3 * S, 100, "100.08", "F1", parent_id="AMENDED")


def _data_end(sheet: Sheet) -> None:
    _case(sheet, "DATA_END")
    sheet.fill(0, 100, "100.02", "F1", parent_id="DATA_END")
    sheet.fill(1, 100, "100.02", "F2", parent_id="DATA_END")
    sheet.quote(60 * S, "100.04", "100.06")
