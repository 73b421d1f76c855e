"""An engine with an evidence model: streams follow the watermark, and a large block is handed on in smaller pieces."""

import pytest

from app.engine import core, state
from app.engine.config import EngineConfig
from app.engine.core import Engine
from app.engine.events import Block
from tests.engine.days import last_ts
from tests.engine.evidence.made import market_sheet, model, own_parent, parents_of, played

SHEET = market_sheet(41, 20)


def test_that_the_evidence_follows_the_watermark() -> None:
    engine = Engine(SHEET.universe(), EngineConfig(evidence=model()))
    market = SHEET.market_rows(engine.universe)
    half = len(market) // 2
    engine.apply(Block(int(market["ts_event"][half]), market[:half]))
    assert engine.state.evidence is not None
    (followed,) = engine.state.evidence.followed.values()
    before = followed.passed
    engine.apply(Block(last_ts(SHEET), market[half:]))
    assert followed.passed >= before
    engine.finish(last_ts(SHEET))
    assert followed.passed == last_ts(SHEET) + 1


def test_that_a_block_is_cut_finer_for_streams_that_read_what_is_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    sheet = market_sheet(42, 30)
    own_parent(sheet, 30)
    once = played(sheet, 10_000)
    for module in (core, state):
        monkeypatch.setattr(module, "BEHIND", 32)
    cut = played(sheet, 10_000)
    assert cut.output_hash() == once.output_hash()
    assert parents_of(cut)["P1"]["e_value"] is not None
