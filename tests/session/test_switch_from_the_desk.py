"""The order panel against the real control process and the simulated EMS: switched, refused, filled first, killed."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import pytest
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from app.control.audit import verify
from app.control.client import ControlError
from app.desk_ports import NEW_AFTER, ControlPort
from app.feeds.simulator.ems import Reaction, Script
from app.widgets import theme as themes
from app.widgets.kill_dialog import KillDialog
from app.widgets.switch_panel import SwitchPanel
from app.widgets.switch_port import Bound, SwitchError
from tests.control.engine import MadeEngine, Running
from tests.patience import eventually

PLUGIN = r"This plugin does not support (propagateSizeHints|raise)\(\)"
pytestmark = [pytest.mark.qt_log_ignore(PLUGIN), pytest.mark.window]
ORDER = Bound("TECH", "TECH", "SELL", 1000, "VWAP", 1)
REFUSED = Script(replace=(Reaction(answer="refuse", text="strategy change not allowed on Fridays"),))


class Desk(NamedTuple):
    """The panel with everything behind it."""

    panel: SwitchPanel
    port: ControlPort
    engine: MadeEngine


@pytest.fixture
def begin(qtbot: QtBot, tmp_path: Path, qapp: object) -> Iterator[Callable[[Script | None], Desk]]:
    parts: list[MadeEngine | Running | ControlPort] = []

    def begun(script: Script | None) -> Desk:
        engine = MadeEngine(tmp_path, script)
        parts.append(engine)
        running = Running(tmp_path)
        parts.append(running)
        eventually(lambda: logged_on(running))
        port = ControlPort(tmp_path)
        parts.append(port)
        panel = SwitchPanel(themes.DARK, port)
        qtbot.addWidget(panel)
        panel.bind(ORDER)
        qtbot.waitUntil(lambda: panel.menu is not None, timeout=10_000)
        return Desk(panel, port, engine)

    yield begun
    for part in reversed(parts):
        part.close()


def logged_on(running: Running) -> bool:
    with suppress(ControlError):
        states = running.client.states()
        return bool(states.orders) and states.online
    return False


def choose(panel: SwitchPanel, strategy: str, **params: str) -> None:
    panel.view.targets.setCurrentIndex(panel.view.targets.findData(strategy))
    for name, value in params.items():
        line = panel.view.form.inputs[name]
        assert isinstance(line, QLineEdit)
        line.setText(value)
    assert panel.view.form.faults() == []


def confirmed(desk: Desk, qtbot: QtBot) -> None:
    desk.panel.preflight()
    qtbot.waitUntil(desk.panel.view.confirm.isEnabled, timeout=10_000)
    desk.panel.view.confirm.click()


def reached(desk: Desk, qtbot: QtBot, *states: str) -> None:
    def there() -> bool:
        desk.panel.look()
        live = desk.panel.view.live.live
        return live is not None and live.state in states

    qtbot.waitUntil(there, timeout=20_000)


def test_that_a_switch_confirmed_on_the_panel_reaches_the_algo_and_is_followed_message_by_message(
    begin: Callable[[Script | None], Desk], qtbot: QtBot, tmp_path: Path
) -> None:
    desk = begin(None)
    panel = desk.panel
    assert panel.view.today.text() == "today  VWAP   MaxPct=30"
    choose(panel, "PASSIVE", MinClip="200")
    panel.preflight()
    qtbot.waitUntil(lambda: panel.found is not None, timeout=10_000)
    assert panel.found is not None
    tags = {tag.tag: (tag.before, tag.after) for tag in panel.found.tags}
    assert (tags[847], tags[38], tags[9999]) == (("VWAP", "PASSIVE"), ("1000", "1000"), ("own", "own"))
    assert {"session", "market", "kill switch", "version"} <= {guard.name for guard in panel.found.guards}
    assert "not identifiable" in panel.view.preflight.effect.text()
    assert desk.engine.desk.commands == [], "a pre-flight sends nothing"
    qtbot.waitUntil(panel.view.confirm.isEnabled, timeout=10_000)
    panel.view.confirm.click()
    reached(desk, qtbot, "R5")
    assert desk.engine.desk.commands == [("replace", "TECH-A1", "PASSIVE", "1000")]
    live = panel.view.live.live
    assert live is not None
    assert live.tone == "done"
    assert live.words.startswith("switched")
    sent = next(step for step in live.steps if step.direction == "out")
    assert b"\x0135=G\x01" in sent.raw
    assert any(b"\x01150=E\x01" in step.raw for step in live.steps if step.direction == "in")  # a fill may come first
    qtbot.waitUntil(lambda: panel.menu is not None and panel.menu.algo == "PASSIVE", timeout=10_000)
    lines, problems = verify(tmp_path / "control" / "audit.log")
    assert lines > 0
    assert problems == []


def test_that_a_refusal_is_the_brokers_sentence_and_cancel_new_is_offered_not_done(
    begin: Callable[[Script | None], Desk], qtbot: QtBot
) -> None:
    desk = begin(REFUSED)
    choose(desk.panel, "PASSIVE", MinClip="200")
    confirmed(desk, qtbot)
    reached(desk, qtbot, "R7")
    live = desk.panel.view.live.live
    assert live is not None
    assert "strategy change not allowed on Fridays" in " ".join(step.words for step in live.steps)
    qtbot.waitUntil(lambda: desk.panel.view.targets.findData("PASSIVE" + NEW_AFTER) >= 0, timeout=10_000)
    assert desk.engine.desk.commands == []


def test_that_an_order_that_fills_while_the_switch_is_pending_ends_filled_before_switch(
    begin: Callable[[Script | None], Desk], qtbot: QtBot
) -> None:
    desk = begin(Script(replace=(Reaction(answer_ms=20_000),)))
    choose(desk.panel, "PASSIVE", MinClip="200")
    confirmed(desk, qtbot)
    reached(desk, qtbot, "R1", "R2")
    desk.engine.desk.clip = 1000
    reached(desk, qtbot, "R6")
    live = desk.panel.view.live.live
    assert live is not None
    assert live.tone == "done"
    assert "filled before switch" in live.words


def test_that_a_cancel_goes_out_without_a_guard_after_one_confirm(
    begin: Callable[[Script | None], Desk], qtbot: QtBot
) -> None:
    desk = begin(None)
    desk.panel.preflight("cancel")
    qtbot.waitUntil(desk.panel.view.confirm.isEnabled, timeout=10_000)
    assert desk.panel.view.confirm.text() == "CANCEL  SELL 1,000 TECH"
    desk.panel.view.confirm.click()
    reached(desk, qtbot, "K5", "R9")
    assert ("cancel", "TECH-A1") in desk.engine.desk.commands


def test_that_the_kill_switch_reaches_every_order_and_blocks_until_released(
    begin: Callable[[Script | None], Desk], qtbot: QtBot
) -> None:
    desk = begin(None)
    dialog = KillDialog(themes.DARK, desk.port)
    qtbot.addWidget(dialog)
    dialog.open_on([("all", "everything")])
    qtbot.waitUntil(dialog.fire.isEnabled, timeout=10_000)
    dialog.fire.click()
    qtbot.waitUntil(lambda: [one.state for one in desk.port.killed()] == ["cancelled"], timeout=20_000)
    assert desk.port.blocked() == "killed: all"
    dialog.look()
    assert dialog.orders.lines[0][1].text == "cancelled"
    qtbot.waitUntil(lambda: not dialog.asker.waiting("kill"), timeout=10_000)
    dialog.look()
    dialog.release.click()
    qtbot.waitUntil(lambda: desk.port.blocked() == "", timeout=10_000)


def test_that_a_control_process_that_is_not_there_is_a_sentence(tmp_path: Path, qtbot: QtBot) -> None:
    port = ControlPort(tmp_path)
    assert (port.live("TECH"), port.killed(), port.blocked()) == (None, (), "")
    with pytest.raises(SwitchError, match="control"):
        port.menu("TECH")
    with pytest.raises(SwitchError, match="no longer on the screen"):
        port.confirm("anything")
    port.close()


def test_that_only_the_preflight_on_the_screen_can_be_confirmed(
    begin: Callable[[Script | None], Desk], qtbot: QtBot
) -> None:
    desk = begin(None)
    choose(desk.panel, "PASSIVE", MinClip="200")
    wish = desk.panel._wish("switch")
    assert wish is not None
    first = desk.port.preflight(wish)
    second = desk.port.preflight(wish)
    with pytest.raises(SwitchError, match="no longer on the screen"):
        desk.port.confirm(first.token)
    desk.port.confirm(second.token)
    reached(desk, qtbot, "R5")
    assert len(desk.engine.desk.commands) == 1
