"""What an engine knows where it has an evidence model: the evidence is told where each fact belongs."""

from app.engine.config import EngineConfig
from app.engine.events import OrderRow
from app.engine.state import State
from app.engine.universe import Universe
from tests.engine.evidence.made import model


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
