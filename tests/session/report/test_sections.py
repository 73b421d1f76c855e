"""The parts of a page one by one, on orders made by hand: to the cent, escaped, undefined where nothing is known."""

import math
import re
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine import schema
from app.engine.units import HORIZON_NAMES
from app.runtime.outputs import RunReport
from app.session.paired_figures import read_figures, shipped_path
from app.session.report import sections
from app.session.report.chart import Chart, legend, padded, round_ticks, time_ticks
from app.session.report.page import page
from app.session.report.source import Source
from app.session.report.text import UNDEFINED, bps, clock, known, money, said, table

T0 = 1_767_623_400 * 10**9  # 2026-01-05 14:30 UTC
PARTS = ("delay_cost_ccy", "amend_ccy", "spread_ccy", "drift_ccy", "fees_ccy")
EVIL = '<img src=x onerror="x">&"\'</td><script>'
MONEY = st.floats(-1e7, 1e7).map(lambda value: round(value, 5))


def blank(name: str, **values: Any) -> dict[str, Any]:
    """A line of a table in which nothing is known but these."""
    return dict.fromkeys((column.name for column in schema.TABLES[name]), None) | values


def run(**changes: Any) -> RunReport:
    """What run.json says."""
    values: dict[str, Any] = {
        "version": "1", "settings_hash": "s", "input_hash": "i", "model_hash": None, "run_hash": "r",
        "output_hash": "o", "rows_in": 1_234_567, "rows_late": 3, "rows_quarantined": 0, "undefined": {},
        "events_per_s": None, "wall_s": 1.0, "notes": [],
    } | changes  # fmt: skip
    return RunReport(**values)


def source(
    fills: list[dict[str, Any]] | None = None, children: list[dict[str, Any]] | None = None, **parent: Any
) -> Source:
    """An order of which only this is known."""
    return Source(blank("parents", **({"parent_id": "P1"} | parent)), fills or [], children or [], run())


def fill(second: float, qty: int | None = 100, liquidity: str | None = "A", **more: Any) -> dict[str, Any]:
    """A fill so many seconds after the start."""
    return blank("fills", ts_match=T0 + round(second * 1e9), qty=qty, liquidity=liquidity, **more)


def cells(text: str) -> list[list[str]]:
    """Plain text of a table's cells, row by row."""
    rows = re.findall(r"<tr>(<td>.*?)</tr>", text)
    return [[re.sub("<.*?>", "", cell) for cell in re.findall(r"<td>(.*?)</td>", row)] for row in rows]


def cents(words: str) -> int:
    """A printed amount in units of its last digit."""
    return round(100 * float(words.replace(",", "")))


@given(st.lists(MONEY, min_size=5, max_size=5), st.floats(-500, 500))
def test_that_the_ribbon_adds_up_to_the_cent_and_to_the_hundredth_of_a_bp(parts: list[float], in_bps: float) -> None:
    total = math.fsum(parts)
    values: dict[str, Any] = dict(zip(PARTS, parts, strict=True))
    shown = cells(sections.costs(source(**values, is_ccy=total, is_arrival_bps=in_bps)))
    figures = [row for row in shown if "measured" not in row[1]]
    assert len(figures) == 6
    assert sum(cents(row[1]) for row in figures[:5]) == cents(figures[5][1])
    assert figures[5][1] == money(total)
    if total and abs(max(parts, key=abs)) < 1e6 * abs(total):
        assert sum(cents(row[2]) for row in figures[:5]) == cents(figures[5][2])


def test_that_a_part_that_is_not_known_is_undefined_and_never_zero() -> None:
    for missing in PARTS:
        values: dict[str, Any] = dict.fromkeys(PARTS, 10.0) | {missing: None}
        shown = cells(sections.costs(source(**values, is_ccy=50.0, is_arrival_bps=2.0)))
        undefined = [row for row in shown if row[1] == "undefined"]
        assert len(undefined) == 1
        assert undefined[0][2] == "undefined"
        assert sum(row[1] == "+10.00" for row in shown) == 4, "a broken identity is not papered over"
        assert shown[-1][1:] == ["+50.00", "+2.00"]


@pytest.mark.parametrize(
    ("total", "in_bps", "last"),
    [
        (None, None, ["undefined", "undefined"]),
        (math.nan, math.nan, ["undefined", "undefined"]),
        (50.0, None, ["+50.00", "undefined"]),
        (0.0, 0.0, ["+0.00", "+0.00"]),
    ],
)
def test_that_parts_without_a_defined_total_have_no_bps(
    total: float | None, in_bps: float | None, last: list[str]
) -> None:
    values: dict[str, Any] = dict.fromkeys(PARTS, 10.0)
    shown = cells(sections.costs(source(**values, is_ccy=total, is_arrival_bps=in_bps)))
    assert shown[-1][1:] == last
    assert [row[2] for row in shown if row[1] == "+10.00"] == ["undefined"] * 5


def test_that_the_parts_of_the_drift_are_not_measured_until_they_are() -> None:
    text = sections.costs(source(drift_leak_ccy=-3.5))
    assert text.count("not measured yet") == 3
    assert "-3.50" in text


@pytest.mark.parametrize(
    ("currency", "head"), [("EUR", "<th>EUR</th>"), (None, "<th>money</th>"), ("<b>", "<th>&lt;b&gt;</th>")]
)
def test_that_money_has_its_currency(currency: str | None, head: str) -> None:
    assert head in sections.costs(source(currency=currency))


def test_that_an_order_of_which_nothing_is_known_is_a_whole_page_without_a_figure() -> None:
    text = page(source())
    body = re.sub(r"<style>.*?</style>", "", text, flags=re.DOTALL)
    assert "None" not in body
    assert "nan" not in body.lower()
    assert body.count(UNDEFINED) > 30
    for words in ("fewer than two fills", "undefined: no fills", "fewer than two child orders"):
        assert words in body


class Tags(HTMLParser):
    """Every tag and every attribute that refers elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.outside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.outside += [name for name, _ in attrs if name in {"src", "href", "action", "data"} or name[:2] == "on"]


def test_that_text_of_a_run_can_be_anything_and_stays_text() -> None:
    texts = {column.name: EVIL for column in schema.TABLES["parents"] if column.kind == "str"}
    fills = [fill(n, liquidity=EVIL, cum_slip_bps=1.0, mid_drift_bps=2.0, venue=EVIL) for n in range(3)]
    evil = Source(
        blank("parents", **texts), fills, [blank("children", child_id=EVIL, ts_new=T0 + n, qty=5) for n in range(3)],
        run(notes=[EVIL], undefined={EVIL: 2}, run_hash=EVIL, version=EVIL),
    )  # fmt: skip
    text, tags = page(evil), Tags()
    tags.feed(text)
    assert not tags.names & {"script", "img", "link", "iframe", "object"}
    assert tags.outside == []
    assert "&lt;script&gt;" in text
    assert not re.search(r"url\(|@import|https?:", text)


def test_that_notes_and_what_is_undefined_in_the_run_are_told() -> None:
    made = Source(blank("parents"), [], [], run(notes=["constructed session"], undefined={"past the end": 1_234}))
    assert '<p class="note">constructed session</p>' in sections.notes(made)
    shown = dict(cells(sections.quality(made)))
    assert shown["Rows read"] == "1,234,567"
    assert shown["Undefined in the run: past the end"] == "1,234"
    assert shown["Child orders seen as"] == "undefined"
    assert dict(cells(sections.hashes(made)))["model hash"] == "undefined"


@pytest.mark.parametrize(
    ("level", "css", "shape"),
    [
        ("QUIET", "quiet", "&#9675;"), ("GREEN", "green", "&#9679;"), ("AMBER", "amber", "&#9670;"),
        ("RED", "red", "&#9632;"), ("OTHER", "other", "&#9675;"),
    ],
)  # fmt: skip
def test_that_a_light_is_a_shape_a_word_and_a_colour(level: str, css: str, shape: str) -> None:
    assert f'<span class="light {css}">{shape} {level}</span>' in sections.heading(source(level=level))


def test_that_no_light_is_undefined_and_no_leak_status_is_not_measured_yet() -> None:
    text = sections.heading(source())
    assert f"Cost level {UNDEFINED}" in text
    assert "not measured yet" in text
    assert "WATCH" in sections.heading(source(status="WATCH"))


def test_that_fills_of_every_liquidity_have_bars_whose_quantities_add_up() -> None:
    fills = [fill(n, 100 + n, kind) for n, kind in enumerate(("A", "R", "X", "D", None, "?"))]
    text = sections.fills(source(fills))
    bars = re.findall(r'<rect class="(.*?)".*?<title>(.*?): (.*?)</title>', text)
    assert sum(int(qty) for _, _, qty in bars) == sum(line["qty"] for line in fills)
    assert {css for css, _, _ in bars} == {f"liquidity-{kind}" for kind in ("A", "R", "X", "D", "none")}
    assert "14:30:00 passive" in [tip for _, tip, _ in bars]


def test_that_a_fill_without_time_or_quantity_is_in_no_bar() -> None:
    lost = blank("fills", qty=100, liquidity="A")
    assert "undefined: no fills" in sections.fills(source([lost, fill(1, None)]))
    one = sections.fills(source([lost, fill(1, 7)]))
    assert re.findall(r"<title>(.*?)</title>", one) == ["14:30:01 passive: 7"]


def test_that_slippage_needs_two_fills_that_have_one() -> None:
    lonely = [fill(0, cum_slip_bps=1.0), fill(1, cum_slip_bps=None), fill(2, cum_slip_bps=math.nan)]
    assert "fewer than two fills with a defined slippage" in sections.slippage(source(lonely))
    assert 'class="slip"' in sections.slippage(source([*lonely, fill(3, cum_slip_bps=2.0)]))


def test_that_two_fills_at_one_moment_are_drawn_within_the_page() -> None:
    text = sections.slippage(source([fill(0, cum_slip_bps=1.0), fill(0, cum_slip_bps=2.0)]))
    points = re.findall(r'class="slip" points="(.*?)"', text)[0].split()
    assert all(0 <= float(xy.split(",")[0]) <= 860 for xy in points)


def test_that_markouts_have_an_interval_where_there_is_one() -> None:
    first, second, third = HORIZON_NAMES[:3]
    values: dict[str, Any] = {
        f"markout_{first}_bps": 1.0,
        f"markout_{first}_se_bps": 0.25,
        f"markout_{second}_bps": -2.0,
    }
    text = sections.markouts(source(**values))
    rows = {row[0]: row[1:] for row in cells(text)}
    assert (rows[first], rows[second], rows[third]) == (
        ["+1.00", "0.250"], ["-2.00", "undefined"], ["undefined", "undefined"]
    )  # fmt: skip
    assert (text.count('class="whisker"'), text.count('class="point hollow"')) == (1, 1)
    assert f"{first}: +1.000 +- 0.500" in text
    assert "<svg" not in sections.markouts(source())


def test_that_shares_of_child_orders_are_of_what_was_asked() -> None:
    children = [blank("children", ts_new=T0 + n * 10**9, qty=100, net_qty=filled) for n, filled in ((0, 50), (9, None))]
    text = sections.diagnostics(source([fill(0.1, 50, "R")], children))
    heights = [float(xy.split(",")[1]) for xy in re.findall(r'class="slip" points="(.*?)"', text)[0].split()]
    scale = Chart((0, 1), (0.0, 105.0), height=200)
    assert heights == pytest.approx([scale.place_y(50), scale.place_y(0)], abs=0.05)
    taken = re.findall(r'class="drift" points="(.*?)"', text)[0].split()
    assert float(taken[0].split(",")[1]) == pytest.approx(scale.place_y(100), abs=0.05)


@pytest.mark.parametrize(
    ("value", "expected"),
    [(None, UNDEFINED), (math.nan, UNDEFINED), (0.0, "+0.00"), (-1234.567, "-1,234.57"), (1e6, "+1,000,000.00")],
)
def test_that_zero_is_a_figure_and_undefined_is_none(value: float | None, expected: str) -> None:
    assert money(value) == bps(value) == expected
    assert known(value) == (expected != UNDEFINED)


def test_that_words_are_escaped_wherever_they_stand() -> None:
    assert said("<b>") == "&lt;b&gt;"
    assert "<th>&lt;x&gt;</th>" in table(["<x>"], [])
    assert "&lt;y&gt;" in legend([("slip", "<y>")])
    chart = Chart((0, 1), (0, 1), title='"<t>', unit="<u>")
    chart.bar((0, 1), (0, 1), "c", "<tip>")
    drawn = chart.svg([(0.5, "<tick>")])
    assert not re.search(r"<(t|u|tip|tick)>", drawn)
    assert 'aria-label="&quot;&lt;t&gt;"' in drawn


def test_that_a_clock_reads_utc_and_days_are_told_apart() -> None:
    assert clock(T0) == "14:30:00"
    assert clock(T0 - 1) == "14:29:59"
    assert clock(T0, "%Y-%m-%d") == "2026-01-05"


@pytest.mark.parametrize(
    ("zones", "when"),
    [
        ({"TECH": "America/New_York"}, "2026-01-05 09:30:00 to 16:00:00 America/New_York (14:30:00 to 21:00:00 UTC)"),
        ({"OTHER": "America/New_York"}, "2026-01-05 14:30:00 to 21:00:00 UTC"),
        ({}, "2026-01-05 14:30:00 to 21:00:00 UTC"),
    ],
)
def test_that_times_are_the_exchanges_with_its_zone_beside_utc(zones: dict[str, str], when: str) -> None:
    order = Source(
        blank("parents", parent_id="P1", instrument="TECH", arrival_ts=T0, end_ts=T0 + 23_400 * 10**9),
        [fill(0), fill(20_000)], [], run(zones=zones),
    )  # fmt: skip
    assert when in sections.heading(order)
    drawn = sections.fills(order)
    assert order.minute(T0) in {"09:30", "14:30"}
    assert ("09:30:00 passive" in drawn) == ("TECH" in zones), "the axes and tips too"


def test_that_the_switchs_saving_is_the_files_and_says_over_how_many_days() -> None:
    figures = read_figures(shipped_path("tech"))
    assert figures is not None
    order = Source(blank("parents", parent_id="P1", instrument="TECH"), [], [], run(session="tech"))
    text = sections.saving(order)
    assert f"n = {figures.days} noise seeds" in text
    shown = {row[0].split(" ")[0]: row[1:] for row in cells(text)}
    assert set(shown) == {"Leak", "Own", "Timing", "Opportunity", "Saving"}
    for name, key in (("Leak", "leak_avoided"), ("Own", "own_impact"), ("Timing", "timing_luck"), ("Saving", "total")):
        part = figures.parts[key]
        assert shown[name] == [bps(part.mean), f"[{bps(part.low)}, {bps(part.high)}]", f"{part.error:.3f}"]
    mean = {key: part.mean for key, part in figures.parts.items()}
    assert mean.pop("total") == pytest.approx(math.fsum(mean.values())), "the parts are the whole"


@pytest.mark.parametrize("name", ["", "inst", "../worlds/tech", "a recording"])
def test_that_where_no_paired_runs_are_known_no_saving_is_claimed(name: str) -> None:
    text = sections.saving(Source(blank("parents", parent_id="P1"), [], [], run(session=name)))
    assert "none are known of this one" in text
    assert "<table" not in text


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6))
def test_that_ticks_lie_within_their_axis_and_are_few(low: float, span: float) -> None:
    ticks = round_ticks(low, low + span)
    assert ticks == sorted(ticks)
    assert len(ticks) <= 7
    assert all(low - span * 1e-6 <= tick <= low + span * (1 + 1e-6) for tick in ticks)


@given(st.lists(st.floats(-1e6, 1e6), max_size=20))
def test_that_limits_hold_zero_and_every_value(values: list[float]) -> None:
    low, high = padded(values)
    assert low <= 0 <= high
    assert low < high
    assert all(low <= value <= high for value in values)


@given(st.integers(60, 86_400))
def test_that_a_day_of_any_length_has_at_most_ten_ticks_at_whole_minutes(seconds: int) -> None:
    ticks = time_ticks(T0, T0 + seconds * 10**9, lambda ns: clock(ns, "%H:%M:%S"))
    assert 1 <= len(ticks) <= 10
    assert all(words.endswith(":00") for _, words in ticks)
