"""The evaluation as a page of tables: what must hold, every world, false alarms, colours, estimates."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from app.session.evidence_eval.figures import (
    SHOWN,
    alarms_of,
    clean_cells,
    colours_of,
    discoveries_of,
    pooled,
    seen_of,
)
from app.session.evidence_eval.line import Evaluation, Line, said
from app.session.evidence_eval.lines import lines_of
from app.session.evidence_eval.plan import against
from app.session.evidence_eval.relearnt import fitted_auc, group_auc
from app.session.evidence_eval.sizes import groups_of, sized_of
from app.session.evidence_eval.statistics import Part, Value


class Made(NamedTuple):
    """With what the evaluation was made."""

    split: str
    seeds: dict[str, tuple[int, int]]  # by cell: first and last
    date: str  # of the simulated data


def report(evaluation: Evaluation, made: Made) -> str:
    """The page."""
    parts = [
        _head(evaluation, made), _held(lines_of(evaluation)), _told(evaluation), _alarms(evaluation),
        _discoveries(evaluation), _colours(evaluation), _sizes(evaluation), _groups(evaluation),
        _worlds(evaluation, made),
    ]  # fmt: skip
    return "\n\n".join(parts) + "\n"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])


def _head(evaluation: Evaluation, made: Made) -> str:
    parents = sum(len(found) for found in evaluation.cells.values())
    return (
        "# What the evidence was measured to do\n\n"
        f"Written by `scorecard evidence eval --split {made.split}`. {parents:,} parents of simulated worlds "
        f"(docs/guide/evidence-worlds.md) through the real engine; the truth is a paired run without the agent.\n"
        f"Model `{evaluation.model.name}`, hash `{evaluation.model.hash}`. Data of {made.date}. "
        f"± is one standard error, n the number of cases. Costs in bps of the order at arrival."
    )


def _held(lines: Sequence[Line]) -> str:
    words = {True: "yes", False: "**no**", None: "-"}
    rows = [(one.part, one.what, one.measured, one.floor, one.aim, words[one.held]) for one in lines]
    held = sum(1 for one in lines if one.held)
    known = sum(1 for one in lines if one.held is not None)
    return (
        f"## What must hold\n\n{held} of {known} lines hold; the floor is compared with the measured value itself.\n\n"
        + _table(("part", "what", "measured", "floor", "aim", "held"), rows)
    )


def _told(evaluation: Evaluation) -> str:
    rows = []
    for one in seen_of(evaluation.cells):
        learnt = group_auc(evaluation.cells, one.cell, evaluation.model)
        fitted = fitted_auc(evaluation.cells, one.cell, evaluation.model)
        rows.append(
            (
                one.cell, _short(one.true), f"{one.leaking:,}", _short(one.strongest), _short(one.final),
                "-" if learnt is None else _short(learnt), "-" if fitted is None else _short(fitted),
                _short(one.slippage), _short(one.drift), _short(one.power), _short(one.delay),
            )
        )  # fmt: skip
    head = (
        "world", "true leak", "n", "AUC sup E", "AUC E at the end", "AUC group-learnt", "AUC fitted to it",
        "AUC slippage", "AUC drift", "power at E ≥ 20", "median delay",
    )  # fmt: skip
    return (
        "## Telling a leak from noise\n\nAgainst the clean world of the same market (base_0, or vol4_0, news_0, "
        "many_0, long_400_0). Group-learnt: weights from 60 past orders of the same algo, tested on the others. "
        "Fitted to it: weights from these very orders, the most that other weights could give. "
        "Delay: children from the first one answered to E ≥ 20, orders that never get there count as infinite.\n\n"
        + _table(head, rows)
    )


def _short(value: Value | Part) -> str:
    """As `said`, without the number of cases."""
    return said(value).partition(" (")[0]


def _alarms(evaluation: Evaluation) -> str:
    alarms = alarms_of(evaluation.cells)
    algos = sorted({one.algo for one in alarms})
    rows = []
    for name in clean_cells(evaluation.cells):
        of = {one.algo: one for one in alarms if one.cell == name}
        cells = [
            f"{of[algo].part.share:.3f} ({of[algo].part.k} of {of[algo].part.n})" if algo in of else ""
            for algo in algos
        ]
        total = pooled(of.values())
        rows.append((name, *cells, _short(total), f"{total.upper():.3f}"))
    total = pooled(alarms)
    rows.append(("all", *(_short(pooled([one for one in alarms if one.algo == algo])) for algo in algos), _short(total),
                 f"{total.upper():.4f}"))  # fmt: skip
    return (
        "## False alarms at E ≥ 20\n\nShare of clean orders that reached it at any time, by world and algo; the "
        "bound is exact, one-sided, 95 %.\n\n" + _table(("world", *algos, "all", "upper bound"), rows)
    )


def _discoveries(evaluation: Evaluation) -> str:
    rows = [
        (one.name, f"{one.parents:,}", f"{one.sets:,}", _short(one.false), _short(one.found))
        for one in discoveries_of(evaluation.cells)
    ]
    return (
        "## False discoveries\n\ne-BH at .10 over all orders of a set, a tenth of them leaking. Of many sets the "
        "error is that of one set.\n\n"
        + _table(("set", "orders", "sets", "false share of the badge", "leaking found"), rows)
    )


def _colours(evaluation: Evaluation) -> str:
    names = (*SHOWN, "ever RED")
    rows = [
        (cell, f"{shares['RED'].n:,}", *(f"{shares[name].share:.3f}" for name in names))
        for cell, shares in colours_of(evaluation.cells).items()
    ]
    return "## Colours at the end\n\n" + _table(("world", "n", *names), rows)


def _sizes(evaluation: Evaluation) -> str:
    rows = [
        (
            one.cell, f"{one.n:,}", _short(one.rmse), _short(one.bias), _short(one.covers), _short(one.width),
            _short(one.direct_bias), _short(one.direct_rmse), _short(one.direct_covers),
        )
        for one in sized_of(evaluation.cells)
    ]  # fmt: skip
    head = (
        "world", "n", "model RMSE", "bias", "covers", "width", "direct bias", "direct RMSE", "direct covers",
    )  # fmt: skip
    return "## Sizes\n\nOrders without a switch; intervals are meant to cover 90 %.\n\n" + _table(head, rows)


def _groups(evaluation: Evaluation) -> str:
    rows = [
        (one.cell, f"{one.covers.n:,}", _short(one.covers), _short(one.rmse), _short(one.width))
        for one in groups_of(evaluation.groups)
    ]
    return (
        "## Groups\n\nMean leak of the orders of one algo in an episode, at least five of them; intervals are meant to "
        "cover 90 %.\n\n" + _table(("world", "groups", "covers", "RMSE", "width"), rows)
    )


def _worlds(evaluation: Evaluation, made: Made) -> str:
    rows = [
        (name, f"{len(found):,}", f"{made.seeds[name][0]:,} to {made.seeds[name][1]:,}", against(name))
        for name, found in evaluation.cells.items()
    ]
    return f"## Seeds of the {made.split} split\n\n" + _table(("world", "parents", "seeds", "held against"), rows)
