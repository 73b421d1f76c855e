"""The evidence model among what the engine is told."""

from app.engine.config import EngineConfig
from tests.engine.evidence.made import model


def test_that_a_model_is_named_by_its_hash() -> None:
    assert EngineConfig(evidence=model()).model_hash == model().hash
    assert EngineConfig().model_hash is None
