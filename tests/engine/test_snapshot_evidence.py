"""A state with evidence as bytes and back; another model is not taken for the one that was saved."""

from app.engine.config import EngineConfig
from app.engine.core import Engine
from tests.engine.days import in_time, last_ts
from tests.engine.evidence.made import model, own_day

DAY = own_day(seconds=30)


def half_way(config: EngineConfig) -> Engine:
    engine = Engine(DAY.universe(), config)
    for block in in_time(DAY, engine.universe, 97)[:2]:
        engine.apply(block)
    return engine


def test_that_evidence_goes_on_where_it_was_saved() -> None:
    config = EngineConfig(evidence=model())
    once, again = half_way(config), Engine.load(half_way(config).save(), DAY.universe(), config)
    for engine in (once, again):
        for block in in_time(DAY, engine.universe, 97)[2:]:
            engine.apply(block)
        engine.finish(last_ts(DAY))
    assert again.output_hash() == once.output_hash()
    assert again.save() == once.save()


def test_that_another_model_begins_anew() -> None:
    saved = half_way(EngineConfig(evidence=model())).save()
    engine = Engine.load(saved, DAY.universe(), EngineConfig(evidence=model(null=0.5)))
    assert engine.state.evidence is not None
    assert engine.state.evidence.used == 0
    assert Engine.load(saved, DAY.universe(), EngineConfig()).state.evidence is None
