"""The parts of a page, each from the order's own lines."""

from collections.abc import Sequence
from html import escape
from typing import Any, Final

from app.engine.units import HORIZON_NAMES
from app.session.paired_figures import read_figures, shipped_path
from app.session.report.chart import Chart, legend, padded, time_ticks
from app.session.report.evidence import NOT_MEASURED, light
from app.session.report.source import Source
from app.session.report.text import UNDEFINED, bps, clock, known, money, said, table
from app.widgets.format import parts_to

_SHAPES: Final = {"QUIET": "&#9675;", "GREEN": "&#9679;", "AMBER": "&#9670;", "RED": "&#9632;"}
_PARTS: Final = (
    ("delay_cost_ccy", "Delay", "from the decision price to arrival"),
    ("amend_ccy", "Amendments", "quantity changed at a mid away from arrival"),
    ("spread_ccy", "Spread", "fills against the mid before them"),
    ("drift_ccy", "Drift", "moves of the mid on what was unfilled: market, own impact, leak and noise"),
    ("fees_ccy", "Fees", "fees of the fills that stand"),
)
_DRIFT: Final = (
    ("drift_market_ccy", "of it market"), ("drift_own_ccy", "of it own impact"), ("drift_leak_ccy", "of it leak"),
    ("drift_noise_ccy", "of it noise: unexplained, chance, news"),
)  # fmt: skip
_LIQUIDITY: Final = (
    ("A", "passive"), ("R", "aggressive"), ("X", "auction"), ("D", "dark"), (None, "not said"),
)  # fmt: skip


def heading(source: Source) -> str:
    """Who, what, when, and the light: shape, word and colour."""
    parent = source.parent
    level = parent["level"]
    cost = (
        f'<span class="light {escape(str(level).lower())}">{_SHAPES.get(level, "&#9675;")} {escape(str(level))}</span>'
        if known(level)
        else UNDEFINED
    )
    facts = [
        said(parent["algo"]), said(parent["trader"]), said(parent["account"]),
        _when(source),
    ]  # fmt: skip
    words = f"{said(parent['side'])} {said(parent['order_qty'], '{:,}')} {said(parent['instrument'])}"
    return (
        f"<header><h1>{words}</h1><p class='facts'>{said(parent['parent_id'])} &middot; "
        + " &middot; ".join(facts)
        + f"</p><p>Cost level {cost} <span class='faint'>{said(parent['level_reason'])}</span></p>"
        + f"<p>Evidence {light(parent['status'], parent['status_reason'])}</p></header>"
    )


def _when(source: Source) -> str:
    """From arrival to the end in the exchange's time, and in UTC."""
    begun, end, form = source.parent["arrival_ts"], source.parent["end_ts"], "%Y-%m-%d %H:%M:%S"
    if source.zone_name == "UTC":
        return f"{clock(begun, form)} to {clock(end)} UTC"
    local = f"{clock(begun, form, source.where)} to {clock(end, where=source.where)} {escape(source.zone_name)}"
    return f"{local} ({clock(begun)} to {clock(end)} UTC)"


def notes(source: Source) -> str:
    """What everybody who reads the figures must know."""
    return "".join(f'<p class="note">{escape(note)}</p>' for note in source.run.notes)


def headline(source: Source) -> str:
    """The figures that are asked for first."""
    parent = source.parent
    tiles = [
        ("Shortfall, bps ex fees", bps(parent["is_bps"])), ("Shortfall", money(parent["is_ccy"])),
        ("Slippage to arrival, bps", bps(parent["slip_arrival_bps"])),
        ("Against VWAP, bps", bps(parent["slip_vwap_bps"])),
        ("Participation", said(parent["participation"], "{:.1%}")), ("Filled", said(parent["fill_rate"], "{:.1%}")),
    ]  # fmt: skip
    cells = "".join(f"<div><b>{value}</b><span>{escape(title)}</span></div>" for title, value in tiles)
    return f'<section class="tiles">{cells}</section>'


def costs(source: Source) -> str:
    """The shortfall by part, in money and bps, each column summing to its total as printed."""
    parent = source.parent
    total, total_bps = parent["is_ccy"], parent["is_arrival_bps"]
    parts = [(title, about, parent[name]) for name, title, about in _PARTS]
    defined = [value for _, _, value in parts if known(value)]
    shown = iter(parts_to(total, defined)) if known(total) else iter(defined)
    in_bps = [value / total * total_bps for value in defined] if known(total) and total and known(total_bps) else None
    shown_bps = iter(parts_to(total_bps, in_bps)) if in_bps is not None else None
    rows = []
    for title, about, value in parts:
        label = f'{escape(title)} <span class="faint">{escape(about)}</span>'
        if not known(value):
            rows.append([label, UNDEFINED, UNDEFINED])
        else:
            rows.append([label, money(next(shown)), bps(next(shown_bps)) if shown_bps is not None else UNDEFINED])
        if title == "Drift":
            rows += [
                [f'<span class="of">{escape(words)}</span>', _measured(parent[name]), ""] for name, words in _DRIFT
            ]
    rows.append(["<b>Shortfall</b>", f"<b>{money(total)}</b>", f"<b>{bps(total_bps)}</b>"])
    currency = f"{parent['currency']}" if known(parent["currency"]) else "money"
    return _section("Where the cost comes from", table(["Part", currency, "bps"], rows, "costs"))


def _measured(value: Any) -> str:
    return money(value) if known(value) else NOT_MEASURED


def slippage(source: Source) -> str:
    """Slippage of what was done so far, and the mid's drift before each fill."""
    points = [(line, line["ts_match"] or line["ts_event"]) for line in source.fills]
    done = [(float(at), line["cum_slip_bps"]) for line, at in points if known(line["cum_slip_bps"])]
    drift = [(float(at), line["mid_drift_bps"]) for line, at in points if known(line["mid_drift_bps"])]
    if len(done) < 2:
        return _section("Slippage over time", _nothing("fewer than two fills with a defined slippage"))
    span = (done[0][0], done[-1][0])
    chart = Chart(span, padded([y for _, y in [*done, *drift]]), title="Slippage over time", unit="bps, + costs")
    chart.line(thinned(drift), "drift")
    chart.line(thinned(done), "slip")
    drawn = chart.svg(time_ticks(*span, source.minute))
    keys = legend([("slip", "slippage of all fills so far"), ("drift", "mid before the fill against arrival")])
    return _section("Slippage over time", drawn + keys)


def fills(source: Source, buckets: int = 26) -> str:
    """Quantity done per slice of time by liquidity, and the share of the order done."""
    lines = [line for line in source.fills if known(line["qty"]) and known(line["ts_match"] or line["ts_event"])]
    if not lines:
        return _section("Fills over time", _nothing("no fills"))
    times = [float(line["ts_match"] or line["ts_event"]) for line in lines]
    low, high = times[0], max(times[-1], times[0] + 1e9)
    step = (high - low) / buckets
    amounts = [dict.fromkeys((kind for kind, _ in _LIQUIDITY), 0) for _ in range(buckets)]
    for at, line in zip(times, lines, strict=True):
        kind = line["liquidity"] if line["liquidity"] in amounts[0] else None
        amounts[min(int((at - low) / step), buckets - 1)][kind] += line["qty"]
    chart = Chart(
        (low, high), padded([sum(slot.values()) for slot in amounts]), title="Fills over time", unit="quantity"
    )
    for number, slot in enumerate(amounts):
        level = 0
        for kind, words in _LIQUIDITY:
            if slot[kind]:
                span = (low + number * step, low + (number + 1) * step)
                tip = f"{clock(int(span[0]), where=source.where)} {words}: {slot[kind]:,}"
                chart.bar(span, (level, level + slot[kind]), f"liquidity-{kind or 'none'}", tip)
                level += slot[kind]
    used = [(f"liquidity-{kind or 'none'}", words) for kind, words in _LIQUIDITY if any(slot[kind] for slot in amounts)]
    drawn = chart.svg(time_ticks(low, high, source.minute))
    return _section("Fills over time", drawn + legend(used))


def markouts(source: Source) -> str:
    """What the mid did after our fills, with intervals of two standard errors."""
    parent = source.parent
    found = [(name, parent[f"markout_{name}_bps"], parent[f"markout_{name}_se_bps"]) for name in HORIZON_NAMES]
    defined = [(n, name, value, error) for n, (name, value, error) in enumerate(found) if known(value)]
    rows = [[escape(name), bps(value), said(error, "{:.3f}")] for name, value, error in found]
    figures = table(["After", "mean, bps", "s.e."], rows, "narrow")
    if not defined:
        return _section("Markouts", figures)
    reach = [value + sign * 2 * (error if known(error) else 0) for _, _, value, error in defined for sign in (-1, 1)]
    chart = Chart((-0.5, len(found) - 0.5), padded(reach), title="Markouts", unit="bps, + our way", height=200)
    for n, name, value, error in defined:
        half = 2 * error if known(error) else None
        tip = f"{name}: {value:+.3f}" + (f" +- {half:.3f}" if half is not None else ", too few fills for an interval")
        chart.point(n, value, half, tip)
    drawn = chart.svg([(float(n), name) for n, (name, _, _) in enumerate(found)])
    words = '<p class="legend">Bars are two standard errors; a hollow point has too few independent fills for one.</p>'
    return _section("Markouts", drawn + words + figures)


def diagnostics(source: Source, buckets: int = 13) -> str:
    """Per slice of time: the share of child quantity that filled, and the aggressive share of what did."""
    children = [line for line in source.children if known(line["ts_new"]) and line["qty"]]
    if len(children) < 2:
        return _section("How the order was worked", _nothing("fewer than two child orders are seen"))
    low, high = float(children[0]["ts_new"]), float(children[-1]["ts_new"]) + 1e9
    step = (high - low) / buckets
    asked, filled, done, taken = ([0] * buckets for _ in range(4))
    for line in children:
        slot = min(int((line["ts_new"] - low) / step), buckets - 1)
        asked[slot] += line["qty"]
        filled[slot] += min(line["net_qty"] or 0, line["qty"])
    for line in source.fills:
        slot = int(((line["ts_match"] or line["ts_event"] or low) - low) / step)
        if 0 <= slot < buckets and line["liquidity"] in {"A", "R"}:
            done[slot] += line["qty"] or 0
            taken[slot] += (line["qty"] or 0) if line["liquidity"] == "R" else 0
    middle = [low + (n + 0.5) * step for n in range(buckets)]
    chart = Chart((low, high), (0.0, 105.0), title="How the order was worked", unit="%", height=200)
    chart.line([(m, 100 * f / a) for m, f, a in zip(middle, filled, asked, strict=True) if a], "slip")
    chart.line([(m, 100 * t / d) for m, t, d in zip(middle, taken, done, strict=True) if d], "drift")
    keys = legend([("slip", "share of child quantity that filled"), ("drift", "aggressive share of lit fills")])
    drawn = chart.svg(time_ticks(low, high, source.minute))
    return _section("How the order was worked", drawn + keys)


_SAVED: Final = (
    ("leak_avoided", "Leak avoided", "what others would have traded ahead of, and did not"),
    ("own_impact", "Own impact", "the price we moved ourselves"),
    ("timing_luck", "Timing luck", "what the market happened to do between the two schedules"),
    ("opportunity", "Opportunity", "what was left undone"),
)  # fmt: skip
_NOT_PAIRED: Final = (
    "What a switch saves is the difference of two days of which one never was. It is told by paired runs of a "
    "constructed session; none are known of this one."
)


def saving(source: Source) -> str:
    """What the world's switch truly saves, by cause, from paired runs kept in a file; no figure of this one day."""
    name = source.run.session
    figures = read_figures(shipped_path(name)) if name.isidentifier() else None
    if figures is None:
        return _section("What a switch saves", _nothing(_NOT_PAIRED))
    rows = []
    for key, title, about in (*_SAVED, ("total", "Saving", "the sum")):
        part = figures.parts[key]
        label = f'{escape(title)} <span class="faint">{escape(about)}</span>'
        rows.append([label, bps(part.mean), f"[{bps(part.low)}, {bps(part.high)}]", said(part.error, "{:.3f}")])
    words = (
        f"Mean over n = {figures.days} noise seeds of {figures.world}: the same day with the switch at "
        f"{figures.at} {source.zone_name} to {figures.strategy} and without; + = the switch was cheaper. "
        "A single day differs from this by its own luck."
    )
    heads = ["Part", "mean, bps", "90 % interval", "s.e."]
    return _section("What a switch saves", f'<p class="faint">{escape(words)}</p>' + table(heads, rows, "costs"))


_FACTS: Final = (
    ("Arrival mid", "arrival_mid", "{:,.6f}"), ("Arrival basis", "arrival_basis", "{}"),
    ("End mid", "end_mid", "{:,.6f}"),
    ("Average price", "avg_px", "{:,.6f}"), ("Market VWAP", "mkt_vwap", "{:,.6f}"),
    ("VWAP without own prints", "mkt_vwap_ex_own", "{:,.6f}"), ("TWAP", "twap", "{:,.6f}"),
    ("Market volume", "mkt_vol", "{:,}"), ("Share of ADV", "pct_adv", "{:.1%}"),
    ("Aggressive share", "aggressor_share", "{:.1%}"), ("Spread captured", "spread_capture", "{:.1%}"),
    ("Expected cost, bps", "expected_cost_bps", "{:,.2f}"), ("Timing risk, bps", "timing_risk_bps", "{:,.2f}"),
    ("Cost z", "cost_z", "{:+.2f}"), ("Drift before the first fill, bps", "pre_drift_bps", "{:+.2f}"),
    ("Drift after the last fill, bps", "post_drift_bps", "{:+.2f}"), ("Child orders", "n_children", "{:,}"),
    ("Fills", "n_fills", "{:,}"),
)  # fmt: skip


def benchmarks(source: Source) -> str:
    """Everything else the order is measured against."""
    rows = [[escape(title), said(source.parent[name], form)] for title, name, form in _FACTS]
    return _section("Benchmarks and facts", table(["", ""], rows, "pairs"))


def quality(source: Source) -> str:
    """What was wrong with the data, counted."""
    run, parent = source.run, source.parent
    rows = [
        ["Rows read", f"{run.rows_in:,}"], ["Rows that came late", f"{run.rows_late:,}"],
        ["Rows set aside", f"{run.rows_quarantined:,}"],
        ["Child orders seen as", said(parent["visibility"])],
        ["Late facts of this order", said(parent["n_late"], "{:,}")],
        ["Undefined figures of this order's fills", said(parent["n_undefined"], "{:,}")],
    ]  # fmt: skip
    rows += [[f"Undefined in the run: {escape(why)}", f"{count:,}"] for why, count in run.undefined.items()]
    return _section("Data quality", table(["", ""], rows, "pairs"))


def hashes(source: Source) -> str:
    """What makes the figures come again."""
    run = source.run
    names = ("version", "settings_hash", "input_hash", "model_hash", "run_hash", "output_hash")
    rows = [[name.replace("_", " "), f"<code>{said(getattr(run, name))}</code>"] for name in names]
    return _section("Settings and hashes", table(["", ""], rows, "pairs wide"))


def thinned(points: Sequence[tuple[float, float]], most: int = 1500) -> list[tuple[float, float]]:
    """At most so many points: evenly taken, the last one always."""
    if len(points) <= most:
        return list(points)
    step = len(points) / most
    return [points[int(n * step)] for n in range(most - 1)] + [points[-1]]


def _section(title: str, body: str) -> str:
    return f"<section><h2>{escape(title)}</h2>{body}</section>"


def _nothing(why: str) -> str:
    return f'<p class="undefined">undefined: {escape(why)}</p>'
