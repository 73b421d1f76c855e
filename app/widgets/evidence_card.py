"""The evidence on the chosen order in words: the light and its reason, sizes, money, epochs, what limits it."""

from collections.abc import Sequence
from datetime import tzinfo
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np

from app.engine.layout import RECENT
from app.engine.units import NULL
from app.widgets import format as text
from app.widgets.columns import Texts
from app.widgets.evidence_words import BADGE, NOTHING, Light, e_words, includes_zero, interval, light_of
from app.widgets.ribbon import noise_words
from app.widgets.sheet import Cell, Line, label

NO_MODEL: Final = "not measured yet: [evidence] model of the settings names no model"
NO_RECORD: Final = "A/A not run: scorecard evidence aa"
_COST_LINE: Final = (
    "what was measured in the second after each child, priced by what was unfilled: assumes little, wide, "
    "and no colour rests on it"
)
_EPOCHS: Final = "an epoch ends with a switch of the algo; E of the k-th counts 2^-k of itself"
_SAVING: Final = "+ saved, bps of the order, against going on as before, on what was done since; 90 % interval"
_NOISE: Final = "drift that neither the market, nor our own impact, nor the leak as measured explains"
_BADGE: Final = "stands out among all live orders (false discoveries at 10 %); of the orders as they are now"


class Figures(NamedTuple):
    """E of an epoch, its leak with interval, the smallest leak it could see (bps); NaN undefined."""

    e: float
    leak: float
    low: float
    high: float
    sees: float


class Epoch(NamedTuple):
    """One epoch of an order on the board: since when (ns, NULL: from the start), scored children, what it says."""

    began: int
    children: int
    figures: Figures
    light: Light
    status: str


def epochs_of(row: np.void, texts: Texts) -> list[Epoch]:
    """The epochs a row of the section `evidence` holds, oldest first."""
    shown = min(int(row["epochs"]), len(row["e"]))
    fields = ("began", "children", "e", "leak", "low", "high", "detectable")
    found = []
    for place in range(shown):
        began, children, *figures = (row[name][place].item() for name in fields)
        status = texts.text(int(row["light"][place]))
        found.append(Epoch(began, children, Figures(*figures), light_of(status), status))
    return found


def evidence_lines(parent: np.void, row: np.void | None, texts: Texts, where: tzinfo, record: str = "") -> list[Line]:
    """Lines of a sheet of two columns. `row`: of the section `evidence`; `record`: the A/A run in words."""
    status, reason = (texts.text(int(parent[name])) for name in ("status", "status_reason"))
    if not status:
        return [_line("Evidence", f"{NOTHING.sign} {NO_MODEL}", "faint")]
    first, *notes = reason.split("; ")
    light = light_of(status)
    said = [_head(parent, light, first, reason)]
    if row is not None and not text.undefined(float(row["projected"])):
        said += _sizes(parent, row, texts)
    money, band = (float(parent[name]) for name in ("drift_noise_ccy", "noise_band_ccy"))
    noise = noise_words(money, band, texts.text(int(parent["currency"])))
    said += [_line("Noise", noise, "faint", tip=_NOISE, field="drift_noise_ccy")] if noise else []
    if row is not None:
        said += [*_history(epochs_of(row, texts), where), *_saving(row, texts)]
    said += [_line("", note, "faint") for note in notes if not note.startswith("before the switch")]
    return [*said, _line("A/A", record or NO_RECORD, "faint")]


def _head(parent: np.void, light: Light, first: str, reason: str) -> Line:
    """Shape and word; E, how many children, and how small a leak could be seen - or why it is grey."""
    e, sees, n, void = (parent[name].item() for name in ("e_value", "min_detectable_bps", "n_scored", "n_void"))
    word = f"{light.sign} {light.word}"
    if light.word == "n/a":
        return _line("Evidence", f"{word}  {first}", light.tone, tip=reason)
    words = f"{word}  E {text.DASH if text.undefined(e) else e_words(e)}"
    words += f"   n {text.DASH if n == NULL else text.number(n)}"
    words += f" (+{void} void)" if void not in {NULL, 0} else ""
    sight = "" if text.undefined(sees) else f"sees ≥ {text.number(sees, 1)} bps"
    words += "   " + (f"no leak seen, {sight}" if light.word == "CLEAR" else sight)
    words += f"   {BADGE}" if int(parent["in_fdr_set"]) > 0 else ""
    tip = f"{reason}\n{BADGE} {_BADGE}" if int(parent["in_fdr_set"]) > 0 else reason
    return (Cell("Evidence", "faint", right=False, field="status"),
            Cell(words, light.tone, right=False, bold=True, tip=tip, field="e_value"))  # fmt: skip


def _sizes(parent: np.void, row: np.void, texts: Texts) -> list[Line]:
    """Leak to date, projected and of late, each with its interval, grey where that holds 0; money; the cost line."""
    said = []
    low, high = (float(parent[name]) for name in ("leak_lo_bps", "leak_hi_bps"))
    wide = includes_zero(low, high)
    projected = _told(row, "projected", "projected_low", "projected_high")
    words = f"{projected} bps projected   {interval(float(parent['leak_bps']), low, high)} to date"
    tip = "model estimate with its 90 % interval, bps of the order at arrival; grey where the interval holds 0"
    said.append(_line("Leak", words, "faint" if wide else "ink", tip=tip, field="leak_projected_bps"))
    late = _told(row, "recent", "recent_low", "recent_high")
    tip = f"the same estimate over the last {RECENT} scored children alone"
    said.append(_line("of late", f"{late} bps over the last {int(row['recent_children'])} children", "faint", tip=tip))
    risk, money = float(row["at_risk_ccy"]), float(row["projected_ccy"])
    if not text.undefined(money):
        ccy = texts.text(int(parent["currency"]))
        at_risk = text.DASH if text.undefined(risk) else text.number(risk)
        words = f"{at_risk} {ccy} at risk   {text.number(money)} {ccy} projected"
        said.append(_line("Money", words, "faint" if wide else "ink", field="at_risk_ccy",
                          tip="at risk: what the projected leak still adds to what it has cost"))  # fmt: skip
    explained = texts.text(int(row["top"]))
    if explained and float(parent["e_value"]) > 1.0:
        said.append(_line("Fits best", explained, "faint", tip="of the leaks the evidence bets on, the best so far"))
    direct = _told(row, "direct", "direct_low", "direct_high")
    if direct != text.DASH:
        said.append(_line("Cost line", f"{direct} bps measured directly", "faint", tip=_COST_LINE))
    return said


def _history(epochs: Sequence[Epoch], where: tzinfo) -> list[Line]:
    """What each epoch before said, and what is known since; nothing while there is one."""
    said = []
    for before, after in pairwise(epochs):
        words = _epoch(before)
        if after is epochs[-1]:
            words += f"; since: {_epoch(after, so_far=True)}"
        tone = "ink" if before.status in {"AMBER", "RED"} else "faint"
        said.append(_line(f"to {text.clock(after.began, where, 0)[:5]}", words, tone, tip=_EPOCHS))
    return said


def _saving(row: np.void, texts: Texts) -> list[Line]:
    """What the last switch saved: never without its interval, or the words that it cannot be told."""
    verdict, reason = (texts.text(int(row[name])) for name in ("verdict", "verdict_reason"))
    if not verdict:
        return []
    saving = _told(row, "saving", "saving_low", "saving_high")
    sure = not includes_zero(float(row["saving_low"]), float(row["saving_high"]))
    words = f"{verdict}: {reason}" if saving == text.DASH else f"{verdict}   {saving} bps"
    return [_line("Switch", words, "ink" if sure else "faint", tip=f"{_SAVING}\n{reason}")]


def _epoch(epoch: Epoch, *, so_far: bool = False) -> str:
    """LEAK, E 410, leak 4.4 bps; or CLEAR so far, sees >= 6.0 bps."""
    words, figures = f"{epoch.light.sign} {epoch.light.word}" + (" so far" if so_far else ""), epoch.figures
    if epoch.status in {"CLEAR", "GREY"}:
        sees = "" if text.undefined(figures.sees) else f", sees ≥ {text.number(figures.sees, 1)} bps"
        return words + (sees or ", no scored child")
    if not text.undefined(figures.e):
        words += f", E {e_words(figures.e)}, leak {text.number(figures.leak, 1)} bps"
    return words


def _told(row: np.void, value: str, low: str, high: str) -> str:
    """A figure of a row with its interval."""
    return interval(float(row[value]), float(row[low]), float(row[high]))


def _line(name: str, words: str, tone: str = "ink", *, tip: str = "", field: str = "") -> Line:
    """A faint name and a sentence; the whole of it under the mouse, where it is cut."""
    tip = f"{words}\n{tip}" if tip else words
    return (label(name, tip), Cell(words, tone, right=False, tip=tip, field=field))


__all__ = ["NO_MODEL", "NO_RECORD", "Epoch", "Figures", "epochs_of", "evidence_lines"]
