"""What cells of parents say about sizes: estimates of orders, of groups, of what a switch saved; their intervals."""

import math
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple, TypeAlias

from app.engine.evidence.effect import NO_DIFFERENCE
from app.session.evidence_eval.figures import Cells, is_own
from app.session.evidence_eval.record import Grouped, Judged
from app.session.evidence_eval.statistics import Part, Value, mean_of, part_of, rmse_of

Groups: TypeAlias = Mapping[str, list[Grouped]]
SWITCHED: Final = ("cured_4", "kept_8")  # by a switch that ends the leak, by one that does not
FEWEST: Final = 5  # parents of a group


class Sized(NamedTuple):
    """How well the size of the leak is said."""

    cell: str
    n: int
    rmse: Value
    bias: Value
    covers: Part
    width: Value
    direct_bias: Value
    direct_rmse: Value
    direct_covers: Part


def sized_of(cells: Cells) -> list[Sized]:
    """Every cell's estimates, and those of all together; parents with a switch have none of the whole order."""
    names = [name for name in cells if is_own(name) and any(one.epochs == 1 for one in cells[name])]
    found = [_sized(name, cells[name]) for name in names]
    return [*found, _sized("all", [one for name in names for one in cells[name]])]


def _sized(name: str, parents: Sequence[Judged]) -> Sized:
    known = [one for one in parents if one.epochs == 1 and one.leak_bps is not None and math.isfinite(one.true_bps)]
    errors = [one.leak_bps - one.true_bps for one in known if one.leak_bps is not None]
    inside = [one.low <= one.true_bps <= one.high for one in known if one.low is not None and one.high is not None]
    direct = [one for one in known if one.direct is not None]
    misses = [one.direct - one.true_bps for one in direct if one.direct is not None]
    return Sized(
        cell=name,
        n=len(known),
        rmse=rmse_of(errors),
        bias=mean_of(errors),
        covers=part_of(inside),
        width=mean_of([one.high - one.low for one in known if one.low is not None and one.high is not None]),
        direct_bias=mean_of(misses),
        direct_rmse=rmse_of(misses),
        direct_covers=part_of(
            [abs(miss) <= (one.direct_half or 0.0) for miss, one in zip(misses, direct, strict=True)]
        ),
    )


def saved(cells: Cells) -> tuple[Part, Part, Value]:
    """Of switches: intervals that hold the true saving, those that did not help and say so, the error of the saving."""
    known = [
        (one.saving, one.true_saving)
        for name in SWITCHED
        for one in cells.get(name, ())
        if one.saving is not None and one.true_saving is not None
    ]
    holds = [low <= true <= high for (_, low, high), true in known]
    idle = [one for one in cells.get(SWITCHED[1], ()) if one.epochs > 1 and one.verdict]
    errors = [saving - true for (saving, _, _), true in known]
    return part_of(holds), part_of([one.verdict == NO_DIFFERENCE for one in idle]), rmse_of(errors)


class Spread(NamedTuple):
    """Groups of one cell: how often the interval of the mean leak holds the true one, its error, its width."""

    cell: str
    covers: Part
    rmse: Value
    width: Value


def groups_of(groups: Groups) -> list[Spread]:
    """Groups by algo with at least FEWEST parents, by cell, and all together."""
    large = {
        name: [one for one in found if one.dimension == "algo" and one.parents >= FEWEST]
        for name, found in groups.items()
    }
    found = [_spread_of(name, some) for name, some in large.items() if some]
    return [*found, _spread_of("all", [one for some in large.values() for one in some])] if found else []


def _spread_of(name: str, groups: Sequence[Grouped]) -> Spread:
    known = [
        (one.leak_bps, one.low, one.high, one.true_bps)
        for one in groups
        if one.leak_bps is not None and one.low is not None and one.high is not None and one.true_bps is not None
    ]
    return Spread(
        name, part_of([low <= true <= high for _, low, high, true in known]),
        rmse_of([leak - true for leak, _, _, true in known]), mean_of([high - low for _, low, high, _ in known]),
    )  # fmt: skip
