"""The desk's ports: what the control process and the lookback worker say, in the structs of the screen."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from app.board import BoardReader, VisibleReader
from app.control import asks
from app.control.client import ControlError
from app.desk_ports import NEW_AFTER, ControlPort, TapePort, opener_of
from app.engine.errors import FeedError
from app.engine.switch.guard import Check
from app.engine.switch.guard import Wish as ControlWish
from app.session.runtime_folder import RuntimeFolder, Session
from app.widgets.lookback_port import LookbackError
from app.widgets.switch_port import SwitchError, Wish
from tests.api.made import MadeBoard

FIELD = asks.ParameterField(
    name="MaxPct", title="Max %", kind="float", value="15", choices={}, low=1.0, high=40.0, required=True, about="share"
)
ORDER = asks.OrderState(
    order_id="O1", parent_id="P1", instrument="TECH", algo="VWAP", state="R0", words="", alarm="", version=4, qty=1000,
    cum=100, leaves=900, paused=False, pending=False, killed="",
)  # fmt: skip


def offer(strategy: str, *fields: asks.ParameterField, today: bool = False) -> asks.TargetOffer:
    """A strategy of the profile."""
    return asks.TargetOffer(strategy=strategy, title=strategy.title(), mode="replace", today=today, fields=list(fields))


class Client:
    """Stands for the control process: answers from memory, remembers what was asked."""

    def __init__(self) -> None:
        self.screen = asks.Screen()
        self.order, self.fault = ORDER, ""
        self.wishes: list[ControlWish] = []
        self.done: list[tuple[str, str]] = []

    def menu(self, _parent_id: str) -> asks.Menu:
        """As ControlClient."""
        self._may()
        offers = [
            offer("VWAP", today=True),
            offer("DARK", FIELD),
            offer("POV", msgspec.structs.replace(FIELD, kind="odd")),
        ]
        return asks.Menu(order=self.order, params={"MaxPct": "25"}, targets=offers, no_pause="no pause here")

    def preflight(self, wish: ControlWish) -> asks.Preflight:
        """As ControlClient."""
        self._may()
        self.wishes.append(wish)
        return asks.Preflight(
            token=f"t{len(self.wishes)}", wish=wish, order=self.order, mode="replace", message="G",
            tags=[asks.ShownTag(tag=847, name="TargetStrategy", before="VWAP", after=None)],
            checks=[Check("market", "fail", "engine is dead")], now=asks.Forecast(algo="VWAP", finish_ns=5),
            then=asks.Forecast(algo="DARK", why="not identifiable"), effect=asks.ExpectedEffect(),
        )  # fmt: skip

    def __getattr__(self, name: str) -> Any:
        def call(what: str) -> str:
            self._may()
            self.done.append((name, what))
            return "done"

        return call

    def _may(self) -> None:
        if self.fault:
            raise ControlError(self.fault)


class Sight:
    """Stands for the control board."""

    def __init__(self) -> None:
        self.killed_scopes: list[str] = []
        self.order_state = "R0"

    def scopes(self) -> list[str]:
        """As ControlSight."""
        return self.killed_scopes

    def state(self, _order_id: str) -> str:
        """As ControlSight."""
        return self.order_state


@pytest.fixture
def port(tmp_path: Path) -> ControlPort:
    made = ControlPort(tmp_path)
    client = Client()
    made._client = made._killer = client  # type: ignore[assignment]
    made._sight = Sight()  # type: ignore[assignment]
    return made


def client(port: ControlPort) -> Any:
    """The stand-in behind the port."""
    return port._client


def wish(action: Any = "switch", strategy: str = "DARK") -> Wish:
    """What the screen asks for."""
    return Wish(action, "P1", "O1", 4, 77, strategy, (("MaxPct", "20"),))


def test_that_a_menu_offers_every_strategy_but_todays(port: ControlPort) -> None:
    menu = port.menu("P1")
    assert (menu.parent_id, menu.order_id, menu.version, menu.algo) == ("P1", "O1", 4, "VWAP")
    assert [target.strategy for target in menu.targets] == ["DARK", "POV"]
    assert (menu.params, menu.no_pause, menu.paused) == ((("MaxPct", "25"),), "no pause here", False)
    field = menu.targets[0].fields[0]
    assert (field.name, field.kind, field.low, field.high, field.required) == ("MaxPct", "float", 1.0, 40.0, True)
    assert menu.targets[1].fields[0].kind == "text", "a kind the screen does not know is typed as text"


def test_that_cancel_and_enter_anew_is_offered_once_a_replace_was_refused(port: ControlPort) -> None:
    client(port).order = msgspec.structs.replace(ORDER, state="R7")
    targets = {target.strategy: target for target in port.menu("P1").targets}
    assert list(targets) == ["DARK", "POV", "DARK" + NEW_AFTER, "POV" + NEW_AFTER]
    assert targets["DARK" + NEW_AFTER].mode == "cancel_new"
    port.preflight(wish(strategy="DARK" + NEW_AFTER))
    asked = client(port).wishes[-1]
    assert (asked.target.strategy, asked.mode) == ("DARK", "cancel_new")


def test_that_a_preflight_is_told_as_it_came_and_undefined_stays_undefined(port: ControlPort) -> None:
    found = port.preflight(wish())
    asked = client(port).wishes[-1]
    assert (asked.action, asked.order_id, asked.version, asked.generation, asked.mode) == ("switch", "O1", 4, 77, "")
    assert asked.target.params == {"MaxPct": "20"}
    assert not found.allowed
    assert found.guards[0] == ("market", "fail", "engine is dead")
    assert found.tags[0] == (847, "TargetStrategy", "VWAP", None)
    assert (found.now.finish_ns, found.now.unfilled, found.now.p_complete) == (5, None, None)
    assert (found.now.why, found.then.why) == ("not measured yet", "not identifiable")
    assert (found.effect.bps, found.effect.low, found.effect.high) == (None, None, None)


@pytest.mark.parametrize(
    ("state", "action", "asked"), [("C6", "switch", "reenter"), ("C6", "pause", "pause"), ("R0", "switch", "switch")]
)
def test_that_naked_shares_are_re_entered_by_the_same_button(
    port: ControlPort, state: str, action: str, asked: str
) -> None:
    port._sight.order_state = state  # type: ignore[attr-defined]
    port.preflight(wish(action))
    assert client(port).wishes[-1].action == asked


def test_that_a_confirm_tells_what_was_on_the_screen_and_is_good_once(port: ControlPort) -> None:
    shown = port.preflight(wish())
    port.confirm(shown.token)
    assert client(port).done == [("confirm", "t1")]
    assert client(port).screen.generation == 77
    assert len(client(port).screen.hash) == 64
    with pytest.raises(SwitchError, match="no longer on the screen"):
        port.confirm(shown.token)
    assert client(port).done == [("confirm", "t1")]


def test_that_another_preflight_takes_the_place_of_the_one_before(port: ControlPort) -> None:
    first, second = port.preflight(wish()), port.preflight(wish("pause"))
    with pytest.raises(SwitchError):
        port.confirm(first.token)
    port.confirm(second.token)
    assert client(port).done == [("confirm", "t2")]


def test_that_a_cancel_asks_no_guard_and_goes_to_its_own_order(port: ControlPort) -> None:
    shown = port.preflight(wish("cancel"))
    assert client(port).wishes == []
    assert shown.allowed
    assert [tag.after for tag in shown.tags] == ["F", "(last accepted)"]
    port.confirm(shown.token)
    assert client(port).done == [("cancel", "O1")]


def test_that_a_reconcile_is_handed_on_and_its_answer_comes_back(port: ControlPort) -> None:
    assert port.reconcile("O1") == "done"
    assert client(port).done == [("reconcile", "O1")]


def test_that_a_release_frees_every_scope_that_is_killed(port: ControlPort) -> None:
    assert port.blocked() == ""
    port.kill("parent:P1")
    port._sight.killed_scopes = ["parent:P1", "all"]  # type: ignore[attr-defined]
    assert port.blocked() == "killed: parent:P1, all"
    port.release()
    assert client(port).done == [("kill", "parent:P1"), ("release", "parent:P1"), ("release", "all")]


def test_that_a_control_process_that_says_no_is_a_sentence_on_every_way_in(port: ControlPort) -> None:
    shown = port.preflight(wish())
    client(port).fault = "control: no answer within 5 s"
    for act in (
        lambda: port.menu("P1"), lambda: port.preflight(wish()), lambda: port.confirm(shown.token),
        lambda: port.reconcile("O1"),
        lambda: port.kill("all"),
    ):  # fmt: skip
        with pytest.raises(SwitchError, match=r"^control: no answer within 5 s$"):
            act()


def test_that_the_past_is_told_in_levels_and_its_silence_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tape = TapePort(tmp_path)
    for ask in (lambda: tape.ladder("TECH", 1), lambda: tape.raw("desk", 2), lambda: tape.desk_as_of(3)):
        with pytest.raises(LookbackError, match="lookback: not running"):
            ask()
    monkeypatch.setattr(tape._client, "ladder", lambda *_: [("B", 50.25, 300, None, 100)])
    level = tape.ladder("TECH", 1)[0]
    assert (level.side, level.price, level.size, level.own) == ("B", 50.25, 300, 100)

    def silent(*_: object) -> bytes:
        raise FeedError("lookback: no answer within 3 s")

    monkeypatch.setattr(tape._client, "raw", silent)
    with pytest.raises(LookbackError, match="no answer within 3 s"):
        tape.raw("desk", 2)
    tape.close()


def test_that_the_desk_of_a_session_opens_the_rows_of_its_user(tmp_path: Path) -> None:
    people = tmp_path / "people.toml"
    people.write_text('[users.ann]\ndesks = ["cash"]\n[users.chief]\ndesks = ["*"]\n')
    folder = RuntimeFolder(tmp_path / "runtime")
    folder.create()
    assert opener_of(None) is BoardReader
    for login, opener in (("ann", VisibleReader), ("chief", BoardReader), ("mallory", VisibleReader)):
        settings = tmp_path / f"{login}.toml"
        settings.write_text(f'[people]\nfile = "{people}"\nlogin = "{login}"\n')
        folder.begin(Session(world="tech", settings=str(settings)))
        MadeBoard(tmp_path / login).close()
        reader = opener_of(folder.path)(tmp_path / login)
        assert type(reader) is opener
        assert reader.length("parents") == {"ann": 2, "chief": 4, "mallory": 0}[login]
