"""The window's actions by their names, and the reason that is written down with what was on the screen."""

from pathlib import Path
from typing import cast

import numpy as np
import pytest
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.engine.units import HORIZON_NAMES
from app.widgets import format as text
from app.widgets import theme as themes
from app.widgets.actions import Acting, available, bound_keys, stamp_reason
from app.widgets.blotter import SCOPES
from app.widgets.bridge import Bridge
from app.widgets.commands import Command, Commands, shown_keys
from app.widgets.journal import FILE, TITLES
from app.widgets.main_window import MainWindow
from app.widgets.ports import Ports
from tests.widgets.filler import DAY, OPEN, Filler


class Written:
    """As much of a window as a reason needs."""

    def __init__(self, bridge: Bridge, runtime: Path | None) -> None:
        self.bridge, self.ports = bridge, Ports(runtime=runtime)
        self.faults: list[str] = []
        self.show_fault = self.faults.append

    def stamp(self, words: str) -> None:
        stamp_reason(cast("Acting", self), words)


def fields_of(folder: Path) -> list[list[str]]:
    titles, *lines = (folder / FILE).read_text("utf-8").splitlines(keepends=True)
    assert titles == TITLES
    return [line.rstrip("\n").split("\t") for line in lines]


def undefined_in(filler: Filler, row: int, *names: str) -> None:
    for name in names:
        filler.parents[name][row] = np.nan
    filler.writer.put("parents", np.array([row]), filler.parents[row : row + 1])
    filler.writer.beat(OPEN + DAY)


# -- a reason --------------------------------------------------------------------------------------------------------


def test_that_a_reason_names_its_order_its_level_and_its_figures(
    bridge: Bridge, filler: Filler, tmp_path: Path
) -> None:
    bridge.look()
    bridge.choose(3)
    Written(bridge, tmp_path).stamp("broker called")
    parent = filler.parents[3]
    ((when, order, level, figures, words),) = fields_of(tmp_path)
    assert when == f"{text.date(bridge.pad.watermark)}T{text.clock(bridge.pad.watermark, digits=9)}Z"
    assert (order, level, words) == ("P100003", bridge.pad.text(int(parent["level"])), "broker called")
    assert f"slip {text.signed(float(parent['slip_arrival_bps']))} bps" in figures
    assert f"shortfall {text.whole(float(parent['is_ccy']))};" in figures
    assert figures.split("written ")[1].endswith("Z")


@pytest.mark.parametrize(
    ("name", "said"), [("slip_arrival_bps", f"slip {text.DASH} bps"), ("is_ccy", f"shortfall {text.DASH};")]
)
def test_that_an_undefined_figure_is_kept_as_a_dash_and_not_as_a_zero(
    bridge: Bridge, filler: Filler, tmp_path: Path, name: str, said: str
) -> None:
    undefined_in(filler, 3, name)
    bridge.look()
    bridge.choose(3)
    Written(bridge, tmp_path).stamp("why")
    assert said in fields_of(tmp_path)[0][3]


def test_that_reasons_stand_in_the_order_they_were_given_each_with_its_own_order(
    bridge: Bridge, tmp_path: Path
) -> None:
    bridge.look()
    window = Written(bridge, tmp_path)
    for row, words in ((3, "first"), (5, "second"), (3, "third")):
        bridge.choose(row)
        window.stamp(words)
    assert [(line[1], line[4]) for line in fields_of(tmp_path)] == [
        ("P100003", "first"),
        ("P100005", "second"),
        ("P100003", "third"),
    ]


def test_that_without_a_chosen_order_or_a_folder_nothing_is_written(bridge: Bridge, tmp_path: Path) -> None:
    bridge.look()
    window = Written(bridge, tmp_path)
    window.stamp("nobody chosen")
    bridge.choose(3)
    nowhere = Written(bridge, None)
    nowhere.stamp("no folder")
    assert not (tmp_path / FILE).exists()
    assert window.faults == nowhere.faults == []


def test_that_a_reason_that_cannot_be_kept_is_said_with_its_cause(bridge: Bridge, tmp_path: Path) -> None:
    bridge.look()
    bridge.choose(3)
    window = Written(bridge, tmp_path / "gone")
    window.stamp("because")
    (said,) = window.faults
    assert said.startswith("the reason was not kept: ")
    assert str(tmp_path / "gone") in said


# -- keys ------------------------------------------------------------------------------------------------------------


def test_that_the_users_keys_are_read_by_name_and_other_settings_are_not(tmp_path: Path) -> None:
    settings = QSettings(str(tmp_path / "desk.ini"), QSettings.Format.IniFormat)
    for name, keys in (("keys/filter", "F4; Ctrl+G"), ("keys/theme", ""), ("theme", "light"), ("other/filter", "F9")):
        settings.setValue(name, keys)
    assert bound_keys(settings) == {"filter": "F4; Ctrl+G", "theme": ""}
    assert settings.group() == ""


def test_that_no_settings_bind_no_keys(tmp_path: Path) -> None:
    assert bound_keys(None) == {}
    assert bound_keys(QSettings(str(tmp_path / "new.ini"), QSettings.Format.IniFormat)) == {}


# -- what a red alert names ------------------------------------------------------------------------------------------


@pytest.fixture
def commands(qtbot: QtBot) -> Commands:
    window = QWidget()
    qtbot.addWidget(window)
    made = Commands(window)
    made.add(Command("acknowledge", "Acknowledge", ("Space",), list, "Alerts"))
    made.add(Command("alert", "Oldest alert", ("N",), list, "Alerts"))
    return made


def test_that_without_order_actions_an_alert_can_be_acknowledged_or_gone_to(commands: Commands) -> None:
    assert available(commands) == "Acknowledge: Space,   Oldest alert: N"


@pytest.mark.parametrize("count", [1, 2, 3])
def test_that_two_order_actions_at_most_are_named_and_never_the_kill(commands: Commands, count: int) -> None:
    for name in ["kill", *["pause", "switch", "resume"][:count]]:
        commands.add(Command(name, name.title(), (f"Ctrl+O, {name[0].upper()}",), list, "Orders", order=True))
    said = available(commands).split(",   ")
    assert not any("Kill" in part for part in said)
    assert len(said) == min(count, 2) + 1
    named = {f"{command.title}: {shown_keys(command)}" for command in commands}
    assert set(said) <= named
    assert said[-1].startswith("Oldest alert")


# -- the whole window ------------------------------------------------------------------------------------------------


def test_that_a_window_can_do_all_it_ships_with_by_name(window: MainWindow) -> None:
    names = {command.name for command in window.commands}
    assert {f"horizon-{name}" for name in HORIZON_NAMES[:9]} <= names
    assert {f"scope-{scope}" for scope in SCOPES} <= names
    assert {"filter", "acknowledge", "shelve", "rearm", "reason", "palette", "keys", "back", "layout"} <= names
    assert names.isdisjoint({"restart", "play", "faster"}), "no engine and no playback behind this window"


def test_that_keys_one_to_nine_ask_for_the_horizons_in_their_order(window: MainWindow) -> None:
    asked: list[int] = []
    window.horizon_wanted.connect(asked.append)
    for name in HORIZON_NAMES[:9]:
        window.commands.run(f"horizon-{name}")
    assert asked == list(range(9))
    assert [window.commands[f"horizon-{name}"].keys for name in HORIZON_NAMES[:9]] == [(str(n),) for n in range(1, 10)]


@pytest.mark.slow
@pytest.mark.parametrize("theme", [themes.DARK, themes.LIGHT], ids=["dark", "light"])
def test_that_the_theme_key_goes_to_the_other_one_and_back(window: MainWindow, theme: themes.Theme) -> None:
    seen = []
    if window.theme is not theme:
        window.commands.run("theme")
    for _ in range(2):
        window.commands.run("theme")
        seen.append(window.theme is theme)
    assert seen == [False, True]
    if theme is not themes.DARK:
        window.commands.run("theme")
