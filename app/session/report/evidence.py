"""The part of a page that asks: is it us, or is it noise? The light, epochs, E over time, switches, causes."""

import math
from html import escape
from itertools import groupby
from typing import Final

from app.session.report.chart import Chart, legend, padded, time_ticks
from app.session.report.source import Line, Source
from app.session.report.text import UNDEFINED, bps, clock, known, money, said, table
from app.widgets.evidence_words import BADGE, LIGHTS, e_words

TITLE: Final = "Is it us, or is it noise?"
NOT_MEASURED: Final = "<span class='undefined'>not measured yet</span>"
_NO_MODEL: Final = "not measured: no evidence model was in use ([evidence] model of the settings)"
_LEAST_E: Final = 1e-3  # what E is drawn at when it is less
_MOST_E: Final = 1e9


def light(status: object, reason: object) -> str:
    """Shape, word and colour of the evidence, and its reason."""
    if not known(status):
        return NOT_MEASURED
    found = LIGHTS.get(str(status))
    if found is None:
        return f"{said(status)} <span class='faint'>{said(reason)}</span>"
    css = {"GREY": "grey", "CLEAR": "green", "LEAN": "lean"}.get(str(status), str(status).lower())
    return f'<span class="light {css}">{found.sign} {found.word}</span> <span class="faint">{said(reason)}</span>'


def evidence(source: Source) -> str:
    """Everything the run says of whether the order's own signals were read."""
    parent = source.parent
    if not known(parent["status"]):
        return f'<section><h2>{escape(TITLE)}</h2><p class="undefined">{escape(_NO_MODEL)}</p></section>'
    parts = [
        f"<p>{light(parent['status'], parent['status_reason'])}</p>", table(["", ""], _figures(parent), "pairs"),
        _epochs(source), _chart(source), _switches(source), _causes(source),
    ]  # fmt: skip
    return f"<section><h2>{escape(TITLE)}</h2>{''.join(parts)}</section>"


def _figures(parent: Line) -> list[list[str]]:
    e = parent["e_value"]
    return [
        ["E, evidence for a leak", escape(e_words(e)) if known(e) else UNDEFINED],
        ["p, however often one looks", said(parent["p_anytime"], "{:.3g}")],
        ["Leak to date, bps", within(parent["leak_bps"], parent["leak_lo_bps"], parent["leak_hi_bps"])],
        ["At completion, bps", bps(parent["leak_projected_bps"])], ["Leak to date, money", money(parent["leak_ccy"])],
        ["Could have seen", said(parent["min_detectable_bps"], "≥ {:.1f} bps")],
        ["Scored own events", said(parent["n_scored"], "{:,}")], ["Not scored", said(parent["n_void"], "{:,}")],
        ["Stands out among all orders", {True: f"{BADGE} yes", False: "no"}.get(parent["in_fdr_set"], UNDEFINED)],
        ["Noise", noise(parent)],
    ]  # fmt: skip


def within(value: object, low: object, high: object) -> str:
    """A figure with its 90 % interval."""
    if not known(value):
        return UNDEFINED
    return f"{said(value, '{:+,.1f}')} [{said(low, '{:,.1f}')}, {said(high, '{:,.1f}')}]"


def noise(parent: Line) -> str:
    """What is left unexplained, and whether chance alone would give it."""
    left, band = parent["drift_noise_ccy"], parent["noise_band_ccy"]
    if not known(left) or not known(band):
        return UNDEFINED
    words = "within chance" if abs(left) <= band else "unexplained: news, PM alpha"
    return f"{words} ({money(left)}, chance gives &#177;{band:,.0f})"


def _epochs(source: Source) -> str:
    """A line for the time of each algo: scored events, E and estimate at its end."""
    rows = []
    for number, lines in groupby(source.evidence, key=lambda line: line["epoch"]):
        mine = list(lines)
        last = mine[-1]
        scored = [line for line in mine if known(line["child_id"])]
        found = LIGHTS.get(str(last["status"]))
        begun, ended = (clock(line["ts_event"], where=source.where) for line in (mine[0], last))
        rows.append([
            f"{number + 1}: {begun} to {ended}", f"{len(scored):,}",
            escape(e_words(last["e_value"])) if known(last["e_value"]) else UNDEFINED,
            within(last["estimate"], last["lo"], last["hi"]) if scored else UNDEFINED,
            said(last["status"]) if found is None else f"{found.sign} {found.word}",
        ])  # fmt: skip
    heads = ["Epoch (an algo's time)", "scored", "E", "leak, bps", "light at its end"]
    return table(heads, rows, "costs") if rows else ""


def _chart(source: Source) -> str:
    """E over time on a scale of powers of ten; 20 and 100 are where amber and red may begin."""
    scored = [line for line in source.evidence if known(line["e_value"])]
    points = [(float(line["ts_event"]), _log(line["e_value"])) for line in scored]
    if len(points) < 2:
        return ""
    span = (points[0][0], points[-1][0])
    chart = Chart(span, padded([y for _, y in points]), title="E over time", unit="log10 of E", height=200)
    for threshold in (20.0, 100.0):
        chart.line([(span[0], math.log10(threshold)), (span[1], math.log10(threshold))], "drift")
    step = max(len(points) // 1500, 1)
    chart.line([*points[::step], points[-1]], "slip")
    keys = legend([("slip", "E, evidence for a leak, beginning anew with a switch"), ("drift", "20 and 100")])
    return chart.svg(time_ticks(*span, source.minute)) + keys


def _log(e: float) -> float:
    return math.log10(min(max(e, _LEAST_E), _MOST_E))


def _switches(source: Source) -> str:
    """What each switch saved, with its interval, or that it cannot be told from 0."""
    rows = [
        [
            f"{clock(line['ts_event'], where=source.where)} {said(line['from_group'])} → {said(line['to_group'])}",
            said(line["before_bps"], "{:+,.1f}"), said(line["after_bps"], "{:+,.1f}"),
            within(line["saving_bps"], line["saving_lo_bps"], line["saving_hi_bps"]),
            f"{said(line['verdict'])} <span class='faint'>{escape(line['reason'] or '')}</span>",
        ]
        for line in source.switches
    ]  # fmt: skip
    heads = ["Switch", "had it gone on", "since", "saving, bps", ""]
    return table(heads, rows, "costs") if rows else ""


def _causes(source: Source) -> str:
    """Leak by cause over all orders of the run, those that stand out first."""
    if not source.causes:
        return ""
    ranked = sorted(source.causes, key=lambda line: (not line["in_fdr_set"], -(line["e_value"] or 0.0)))
    rows = [
        [
            f"{said(line['dimension'])} {said(line['cell'])}" + (f" {BADGE}" if line["in_fdr_set"] else ""),
            said(line["n_parents"], "{:,}"), said(line["n_children"], "{:,}"),
            escape(e_words(line["e_value"])) if known(line["e_value"]) else UNDEFINED,
            within(line["leak_bps"], line["leak_lo_bps"], line["leak_hi_bps"]),
        ]
        for line in ranked[:24]
    ]  # fmt: skip
    words = f'<p class="legend">All orders of the run; {BADGE} stands out at 10 % false discoveries over the cells.</p>'
    return table(["By cause", "orders", "scored", "E", "leak, bps"], rows, "costs") + words
