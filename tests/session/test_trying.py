"""Rules tried on past sessions: the same firings each time, none before its time, none on orders that are not live."""

import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from app.cli import entry
from app.cli.words import app
from app.control.rules import RuleTable
from app.engine.units import SECOND
from app.feeds.generator import Plan
from app.feeds.simulator.evidence.truth import Truth
from app.session.evidence_eval.statistics import Part
from app.session.evidence_worlds import TRUTHS, write_truths
from app.session.generate import generate_session
from app.session.labels import judged
from app.session.replay import replay
from app.session.request import ReplayRequest
from app.session.trying import TICK_NS, Tried, labelled, tried

PLAN = Plan(seed=5, market_rows=1_500, order_share=0.04, instruments=2, duration_s=60)
ALWAYS = RuleTable(when="order_qty > 0 for 5 s")


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trying") / "day"
    generate_session(PLAN, folder)
    return folder


@pytest.fixture(scope="module")
def found(day: Path) -> Tried:
    return tried(day, {"always": ALWAYS})


def test_that_a_rule_fires_once_on_every_order_as_soon_as_it_has_held(day: Path, found: Tried, tmp_path: Path) -> None:
    assert replay(ReplayRequest(path=str(day), out=str(tmp_path / "out"))) is not None
    parents = pq.read_table(tmp_path / "out" / "parents.parquet").to_pylist()
    assert sorted(found.parents) == sorted(row["parent_id"] for row in parents)
    assert {one.verdict for one in found.fired} == {"dry"}
    assert len({one.parent_id for one in found.fired}) == len(found.fired) > 0
    arrivals = {row["parent_id"]: row["arrival_ts"] for row in parents}
    for one in found.fired:
        waited = one.ts - arrivals[one.parent_id]
        assert waited >= 5 * SECOND, one
    # looked at once a second: none waits longer than its hold and two looks
    first = min(one.ts for one in found.fired)
    assert first - min(arrivals[one.parent_id] for one in found.fired) <= 5 * SECOND + 2 * TICK_NS


def test_that_the_same_session_gives_the_same_firings(day: Path, found: Tried) -> None:
    assert tried(day, {"always": ALWAYS}) == found


def test_that_a_rule_on_what_is_never_true_never_defined_or_of_another_desk_fires_never(day: Path) -> None:
    rules = {
        "no": RuleTable(when="order_qty < 0"),
        "grey": RuleTable(when='status == "RED"'),
        "other": RuleTable(when="order_qty > 0", desk="nobody's"),
    }
    assert tried(day, rules).fired == []


def test_that_the_command_says_how_often_a_day(day: Path, found: Tried, tmp_path: Path) -> None:
    assert entry.COMMANDS
    path = tmp_path / "rules.toml"
    path.write_text("[rules.always]\nwhen = 'order_qty > 0 for 5 s'\n", "utf-8")
    done = CliRunner().invoke(app, ["rules", "backtest", str(path), str(day)])
    assert done.exit_code == 0, done.output
    fired = len(found.fired)
    assert f"always would have fired {fired:.1f} times a day over 1 days" in done.output
    checked = CliRunner().invoke(app, ["rules", "check", str(path)])
    assert checked.output == "always: when order_qty > 0 for 5 s, then alert\n"


def test_that_firings_on_orders_of_known_truth_are_judged(day: Path, found: Tried, tmp_path: Path) -> None:
    folder = tmp_path / "episodes"
    (folder / TRUTHS).mkdir(parents=True)
    shutil.copytree(day, folder / "2000000")
    leaking, clean, *_ = sorted({one.parent_id for one in found.fired})
    write_truths(folder / TRUTHS / "2000000.parquet", [truth(leaking, 3.0), truth(clean, 0.0)])
    path = tmp_path / "rules.toml"
    path.write_text("[rules.always]\nwhen = 'order_qty > 0 for 5 s'\n[rules.no]\nwhen = 'order_qty < 0'\n", "utf-8")
    done = CliRunner().invoke(app, ["rules", "backtest", str(path), str(folder)])
    assert done.exit_code == 0, done.output
    always, never = done.output.splitlines()[-2:]
    assert always.endswith("over 1 days; precision 0.500 +- 0.354 of 2, recall 1.000 +- 0.433 of 1")
    assert never == "no would have fired 0.0 times a day over 1 days; precision -, recall 0.000 +- 0.433 of 1"
    once = tried(folder / "2000000", {"always": ALWAYS})
    assert judged(labelled([once], "always")) == (Part(1, 2), Part(1, 1))


def truth(parent_id: str, leak_bps: float) -> Truth:
    return Truth(
        parent_id=parent_id, instrument="I", side=1, algo="VWAP", qty=100, arrival=2, leaking=leak_bps > 0,
        leak_bps=leak_bps, flow_bps=leak_bps, fade_bps=0.0, path_bps=0.0, slip_bps=leak_bps, n_children=1, n_answered=1,
        onset_child=None, start_ns=0, end_ns=1,
    )  # fmt: skip
