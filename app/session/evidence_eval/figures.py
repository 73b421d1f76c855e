"""What cells of parents say about the evidence: power, false alarms, delay, discoveries, colours."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple, TypeAlias

import numpy as np

from app.engine.evidence.merge import badge
from app.session.evidence_eval.plan import ALONE, AT_SIZE, FORTY, MANY, against
from app.session.evidence_eval.record import LEVELS, Judged
from app.session.evidence_eval.statistics import Part, Value, auc, mean_of, median_of, part_of

Cells: TypeAlias = Mapping[str, list[Judged]]
TWENTY: Final = LEVELS.index(20.0)
LEVEL: Final = 0.05  # of false alarms
SETS: Final = 200
_LEAKS: Final = 0.1  # of the parents in a set
_DRAWN: Final = np.random.default_rng


class Seen(NamedTuple):
    """How well the leaking parents of a cell are told from clean ones, by each measure, and with what power."""

    cell: str
    leaking: int
    true: Value
    strongest: Value  # AUC of sup E
    final: Value  # AUC of E at the end
    slippage: Value
    drift: Value
    power: Part  # E >= 20 at some time
    delay: Value  # children from the first one answered to E >= 20; infinite where it never came


class Alarms(NamedTuple):
    """False alarms of one algo in one clean cell."""

    cell: str
    algo: str
    part: Part

    @property
    def limit(self) -> float:
        """The level and three standard errors of it."""
        return LEVEL + 3 * math.sqrt(LEVEL * (1 - LEVEL) / self.part.n) if self.part.n else math.nan


class Discoveries(NamedTuple):
    """e-BH over one or many sets: share of false discoveries and how many of the leaking parents were found."""

    name: str
    parents: int
    sets: int
    false: Value
    found: Value


def leaking_of(cells: Cells, name: str) -> list[Judged]:
    """Parents of a cell that are watched."""
    return [one for one in cells.get(name, ()) if one.leaking]


def clean_of(cells: Cells, name: str) -> list[Judged]:
    """Parents of a cell that nobody watches."""
    return [one for one in cells.get(name, ()) if not one.leaking]


def is_own(name: str) -> bool:
    """True for a cell that counts for itself: not one that repeats parents of another."""
    return not name.startswith((ALONE.format(""), FORTY.format("")))


def seen_of(cells: Cells) -> list[Seen]:
    """Every cell with leaking parents."""
    return [_seen(cells, name) for name in cells if is_own(name) and leaking_of(cells, name)]


def _seen(cells: Cells, name: str) -> Seen:
    leaks, clean = leaking_of(cells, name), clean_of(cells, against(name))
    if not clean:
        clean = clean_of(cells, name)
    return Seen(
        cell=name,
        leaking=len(leaks),
        true=mean_of([one.true_bps for one in leaks]),
        strongest=auc([one.sup_e for one in leaks], [one.sup_e for one in clean]),
        final=auc(_final(leaks), _final(clean)),
        slippage=auc([one.slip_bps for one in leaks], [one.slip_bps for one in clean]),
        drift=auc(_known(one.drift_bps for one in leaks), _known(one.drift_bps for one in clean)),
        power=part_of([alarmed(one) for one in leaks]),
        delay=median_of([delay_of(one) for one in leaks if one.onset is not None]),
    )


def _final(parents: Sequence[Judged]) -> list[float]:
    return [0.0 if one.e is None else one.e for one in parents]


def _known(values: Iterable[float | None]) -> list[float]:
    return [value for value in values if value is not None]


def alarmed(one: Judged) -> bool:
    """True where E reached 20 at some time, in any epoch."""
    return one.sup_e >= LEVELS[TWENTY]


def delay_of(one: Judged) -> float:
    """Children from the first one answered to the one with which E reached 20; infinite where it never did."""
    crossed = one.crossed[TWENTY]
    return math.inf if crossed is None or one.onset is None else max(crossed - one.onset, 0) + 1


def alarms_of(cells: Cells) -> list[Alarms]:
    """False alarms by clean cell and algo."""
    found = []
    for name in clean_cells(cells):
        algos = sorted({one.algo for one in cells[name]})
        found += [
            Alarms(name, algo, part_of([alarmed(one) for one in cells[name] if one.algo == algo])) for algo in algos
        ]
    return found


def clean_cells(cells: Cells) -> list[str]:
    """Cells in which nobody watches anybody."""
    return [name for name in cells if is_own(name) and cells[name] and not leaking_of(cells, name)]


def pooled(alarms: Iterable[Alarms]) -> Part:
    """All of them together."""
    total = Part(0, 0)
    for one in alarms:
        total = total.plus(one.part)
    return total


def colours_of(cells: Cells) -> dict[str, dict[str, Part]]:
    """Share of each colour at the end, by cell, of watched parents where there are any; `ever RED` at any time."""
    out: dict[str, dict[str, Part]] = {}
    for name in cells:
        for suffix, some in (("", leaking_of(cells, name)), (" clean", clean_of(cells, name))):
            if some:
                ends = {colour: part_of([one.status == colour for one in some]) for colour in SHOWN}
                ends["ever RED"] = part_of([one.ever == "RED" for one in some])
                out[name + suffix] = ends
    return out


SHOWN: Final = ("GREY", "CLEAR", "LEAN", "AMBER", "RED")


def discoveries_of(cells: Cells) -> list[Discoveries]:
    """e-BH over sets of 1,000: the cells with a few leaking parents as they are, and sets drawn from the base."""
    found = [_one_set(name, cells[name][:MANY]) for name in ("tenth_8", "fleet_4") if len(cells.get(name, ())) > 1]
    clean = clean_of(cells, "base_0")
    for name in ("base_4", "base_8"):
        leaks = leaking_of(cells, name)
        if len(clean) > 1 and len(leaks) > 1:
            found.append(_drawn(name, clean, leaks))
    return found


def _one_set(name: str, parents: Sequence[Judged]) -> Discoveries:
    false, chosen, leaks = _discovered(parents)
    hits = chosen - false
    share, found = Part(false, chosen), Part(hits, leaks)
    return Discoveries(
        name, len(parents), 1, Value(share.share if chosen else 0.0, share.se if chosen else 0.0, chosen),
        Value(found.share, found.se, leaks),
    )  # fmt: skip


def _discovered(parents: Sequence[Judged]) -> tuple[int, int, int]:
    """(false, chosen, leaking) of one set."""
    chosen = badge({str(k): one.e or 0.0 for k, one in enumerate(parents)})
    false = sum(1 for k in chosen if not parents[int(k)].leaking)
    return false, len(chosen), sum(1 for one in parents if one.leaking)


def _drawn(name: str, clean: Sequence[Judged], leaks: Sequence[Judged]) -> Discoveries:
    """Sets of 1,000 with a tenth leaking, drawn with replacement; the error is that of one set."""
    draw = _DRAWN(1)
    shares, found = [], []
    count = round(MANY * _LEAKS)
    for _ in range(SETS):
        some = [clean[k] for k in draw.integers(0, len(clean), MANY - count)]
        some += [leaks[k] for k in draw.integers(0, len(leaks), count)]
        false, chosen, _ = _discovered(some)
        shares.append(false / chosen if chosen else 0.0)
        found.append((chosen - false) / count)
    return Discoveries(f"sets of base_0 and {name}", MANY, SETS, _spread(shares), _spread(found))


def _spread(values: Sequence[float]) -> Value:
    one = mean_of(values)
    return Value(one.value, float(np.std(values)), one.n)


def alike(cells: Cells) -> Part:
    """Of parents that were also evaluated among fewer or more live orders: how many have the same E and colour."""
    known = {one.parent_id: one for name in cells if is_own(name) for one in cells[name]}
    repeats = [one for name in cells if not is_own(name) for one in cells[name]]
    pairs = [(one, known[one.parent_id]) for one in repeats if one.parent_id in known]
    return part_of([(one.e, one.status, one.leak_bps) == (two.e, two.status, two.leak_bps) for one, two in pairs])


def healed(cells: Cells) -> Part:
    """After a cure: new epochs that never turned AMBER or RED and ended CLEAR or GREY."""
    some = [one for one in cells.get("cured_4", ()) if one.epochs > 1]
    return part_of([one.ever_last not in ("AMBER", "RED") and one.status in ("CLEAR", "GREY") for one in some])


def caught_at_size(cells: Cells) -> tuple[Part, Value, Value]:
    """At the leak the model says can just be seen: share caught, the true leak, and the size the parents were told."""
    some = leaking_of(cells, AT_SIZE)
    told = _known(one.detectable for one in some)
    return part_of([alarmed(one) for one in some]), mean_of([one.true_bps for one in some]), mean_of(told)


def exact(cells: Cells) -> tuple[Part, float]:
    """Parents whose drift is the sum of its parts up to the rounding of what is published; the largest gap."""
    gaps = _known(one.gap for name in cells for one in cells[name])
    return part_of([gap <= 1.0 for gap in gaps]), max(gaps, default=math.nan)
