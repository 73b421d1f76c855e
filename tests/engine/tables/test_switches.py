"""The table of switches: a line each, those of a kind together, never a saving without its interval."""

from typing import Any

import numpy as np

from app.engine.core import Engine
from app.engine.evidence.effect import NO_FIT, UNKNOWN
from app.engine.evidence.model import Model
from app.engine.schema import SWITCHES
from app.engine.tables.switches import effect_of, switches_table
from tests.engine.evidence.made import market_sheet, model, own_day, own_parent, played
from tests.engine.evidence.test_follow import evidence_of
from tests.engine.tables.test_attribution import later

FITTED = model().changed(learnt={"switch": np.array([0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 1.0])})
FIGURES = ("before_bps", "after_bps", "saving_bps", "saving_lo_bps", "saving_hi_bps")


def lines(engine: Engine) -> list[dict[str, Any]]:
    table = engine.tables()["switches"]
    return [dict(zip(table, values, strict=True)) for values in zip(*table.values(), strict=True)]


def day(made: Model, second: int = 0, **switch: Any) -> Engine:
    """One order of VWAP that is switched to POV half way; with `second` seconds another such order."""
    sheet = market_sheet(1, 120)
    own_parent(sheet, 120, algo="VWAP")
    if second:
        own_parent(sheet, second, "SELL", "P2", instrument="INST", algo="VWAP")
        later(sheet, "P2")
    for row in sheet.orders:
        if row["kind"] == "algo_switched":
            row |= switch
    return played(sheet, 512, made=made)


def test_that_a_switch_has_a_line_and_its_kind_one() -> None:
    engine = day(FITTED, randomised=True, propensity=0.25)
    one, kind = lines(engine)
    trail = evidence_of(engine).trails()["P1"]
    assert list(engine.tables()["switches"]) == [column.name for column in SWITCHES]
    assert (one["parent_id"], one["epoch"], one["ts_event"]) == ("P1", 1, int(trail.epochs[1]["began"]))
    assert (one["from_group"], one["to_group"]) == ("VWAP|-|-", "POV|-|-")
    assert (one["n_before"], one["n_after"]) == (len(trail.records[0]), len(trail.records[1]))
    assert (one["randomised"], one["propensity"]) == (True, 0.25)
    assert one["saving_lo_bps"] < one["saving_bps"] < one["saving_hi_bps"]
    assert one["reason"].startswith(one["verdict"])
    assert (kind["parent_id"], kind["from_group"], kind["to_group"], kind["n_switches"]) == (None, "VWAP", "POV", 1)
    assert [kind[name] for name in FIGURES] == [one[name] for name in FIGURES]
    assert kind["randomised"] is True


def test_that_switches_of_a_kind_stand_together() -> None:
    engine = day(FITTED, 110)
    first, second, kind = lines(engine)
    assert kind["n_switches"] == 2
    assert kind["saving_bps"] == (first["saving_bps"] + second["saving_bps"]) / 2
    assert kind["randomised"] is False
    assert first["randomised"] is None


def test_that_the_figures_are_those_of_the_effect() -> None:
    engine = day(FITTED)
    evidence = evidence_of(engine)
    trail = evidence.trails()["P1"]
    engine.tables()
    (standing,) = [parent.standing for parent in engine.state.parents() if parent.parent_id == "P1"]
    found = effect_of(trail, 1, standing, evidence)  # type: ignore[arg-type]
    assert [lines(engine)[0][name] for name in FIGURES] == [
        found.before,
        found.after,
        found.saving,
        found.low,
        found.high,
    ]


def test_that_without_a_fit_the_saving_is_not_said() -> None:
    one, kind = lines(day(model()))
    assert (one["verdict"], one["reason"]) == (UNKNOWN, NO_FIT)
    assert one["saving_bps"] is one["saving_lo_bps"] is None
    assert (kind["verdict"], kind["n_switches"]) == (UNKNOWN, 0)


def test_that_a_day_without_switches_or_without_a_model_has_no_line() -> None:
    sheet = own_day(seconds=30)
    sheet.orders = [row for row in sheet.orders if row["kind"] != "algo_switched"]
    assert lines(played(sheet)) == []
    assert switches_table(None, []) == {}
