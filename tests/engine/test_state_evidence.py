"""What an engine knows where it has an evidence model: the evidence is told where each fact belongs."""

from typing import Any

import pytest

from app.engine.config import EngineConfig
from app.engine.core import Engine
from app.engine.events import Block, OrderRow
from app.engine.evidence.follow import Evidence
from app.engine.state import State
from app.engine.universe import Universe
from tests.engine.days import in_time, last_ts
from tests.engine.evidence.made import market_sheet, model, own_parent, played

SHEET = market_sheet(43, 20)
own_parent(SHEET, 20)


def test_that_the_evidence_is_told_where_a_fact_belongs() -> None:
    state = State(Universe(), EngineConfig(evidence=model()))
    state.flow.take(OrderRow(ts_event=5, kind="parent_new", source="oms", parent_id="P1", instrument="INST"))
    assert state.evidence is not None
    (followed,) = state.evidence.followed.values()
    assert [fact.row.parent_id for _, _, fact in followed.facts] == ["P1"]
    assert state.moment().evidence is state.evidence


def test_that_without_a_model_there_is_no_evidence() -> None:
    state = State(Universe(), EngineConfig())
    assert state.evidence is state.moment().evidence is None


class Noted(Evidence):
    """Notes how often it is brought to the watermark."""

    def __init__(self, *of: Any) -> None:
        super().__init__(*of)
        self.times: list[int] = []

    def advance(self, watermark: int, end: int) -> None:
        self.times.append(watermark)
        super().advance(watermark, end)


class Hasty(Noted):
    """Wants to be told of every move."""

    may_wait = False


def noted(kind: type[Noted], block: int, look: bool = False) -> tuple[Noted, int, Engine]:
    """The evidence after a day in blocks, how many they were, and the engine."""
    engine = Engine(SHEET.universe(), EngineConfig(evidence=model()))
    evidence = kind(engine.config, engine.universe, engine.state.history, engine.state.joins)
    engine.state.evidence = evidence
    blocks = in_time(SHEET, engine.universe, block)
    for each in blocks:
        engine.apply(each)
        if look:
            assert engine.state.evidence is evidence
    engine.finish(last_ts(SHEET))
    return evidence, len(blocks), engine


def test_that_the_evidence_waits_until_somebody_looks_or_data_has_ended() -> None:
    evidence, _blocks, engine = noted(Noted, 10)
    assert len(evidence.times) == 1
    looked, blocks, other = noted(Noted, 10, look=True)
    assert blocks > 10
    assert len(looked.times) == blocks + 1
    assert engine.output_hash() == other.output_hash() == played(SHEET, 10).output_hash()
    assert len(looked.times) == blocks + 1  # tables look, and there was nothing to do


def test_that_a_look_without_a_move_of_the_watermark_does_nothing() -> None:
    engine = Engine(SHEET.universe(), EngineConfig(evidence=model()))
    evidence = Noted(engine.config, engine.universe, engine.state.history, engine.state.joins)
    engine.state.evidence = evidence
    assert engine.state.evidence is evidence
    assert evidence.times == []
    engine.apply(Block(int(SHEET.market_rows(engine.universe)["ts_event"][0])))
    assert [engine.state.evidence for _ in range(3)] == [evidence] * 3
    assert len(evidence.times) == 1


def test_that_one_that_must_not_wait_follows_every_move() -> None:
    evidence, blocks, engine = noted(Hasty, 10)
    assert len(evidence.times) == blocks + 1
    assert engine.output_hash() == noted(Noted, 10)[2].output_hash()


def test_that_it_follows_before_the_history_could_lose_what_it_has_not_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.engine.state.BEHIND", 100)
    evidence, _blocks, engine = noted(Noted, 10)
    rows = len(SHEET.market_rows(engine.universe))
    assert len(evidence.times) >= rows // 100
    monkeypatch.undo()
    assert engine.output_hash() == noted(Noted, 10)[2].output_hash()
