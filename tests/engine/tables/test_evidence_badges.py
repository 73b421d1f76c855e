"""The badge on the board: over all orders alive, once a second, and on rows nothing else has touched."""

from app.engine.config import EngineConfig
from app.engine.core import Engine
from tests.engine.days import Memory, in_time
from tests.engine.evidence.made import MS, S, market_sheet, model, own_parent
from tests.engine.evidence.test_follow import evidence_of


def shown(engine: Engine, board: Memory) -> dict[str, int]:
    engine.publish(board)
    return {row["parent_id"]: row["in_fdr_set"] for row in board.table("parents")}


def test_that_a_row_is_shown_anew_when_another_order_has_taken_its_badge() -> None:
    sheet = market_sheet(seconds=40)
    own_parent(sheet, 40)
    sheet.parent(20 * S, "SELL", 500, "P2")
    for n in range(3):
        child = {"child_id": f"P2-C{n}", "parent_id": "P2", "source": "ems"}
        sheet.order((21 + 5 * n) * S, "child_new", **child, side="SELL", qty=100, price="105.00", instrument="INST")
        sheet.order((21 + 5 * n) * S + MS, "child_acked", **child)
    engine = Engine(sheet.universe(), EngineConfig(evidence=model()))
    board, wears = Memory(), []
    for block in in_time(sheet, engine.universe, 32):
        engine.apply(block)
        trails = evidence_of(engine).trails()
        if "P1" in trails:
            trails["P1"].epochs[-1]["e"] = 12.0  # enough for one order alone, not beside another
        shown(engine, board)
        wears.append((len([one for one in trails.values() if one.acts]), shown(engine, board).get("P1")))
    alone, both = ([badge for orders, badge in wears if orders == n] for n in (1, 2))
    assert alone[-1] == 1
    assert both[-1] == 0
    assert set(both[both.index(0) :]) == {0}
