"""The order panel: bound to one order by its id; a pre-flight, one confirm, and what came of it.

Whatever could make the confirm belong to another order, or to other parameters, puts it to sleep: another choice, an
edit, figures that have gone stale, an answer that came too late.
"""

from collections.abc import Callable
from datetime import tzinfo
from functools import partial
from typing import Final

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QWidget

from app.widgets import format as text
from app.widgets.asking import Asker
from app.widgets.columns import side_tone
from app.widgets.switch_layout import SwitchLayout
from app.widgets.switch_port import Action, Bound, Menu, Preflight, SwitchError, SwitchPort, Wish
from app.widgets.theme import Theme

NO_CONTROL: Final = "No control process: nothing can be sent from here. Telephone the broker."
MOVED: Final = "The order has moved on since it was shown: this is how it stands now, look again."
STALE: Final = "The figures are stale: nothing is sent on a screen that may be wrong."
_SETTLE_MS: Final = 120  # the choice must hold still this long before its menu is asked for
_VERBS: Final[dict[Action, str]] = {"switch": "SWITCH", "pause": "PAUSE", "resume": "RESUME", "cancel": "CANCEL"}


class SwitchPanel(QWidget):
    """Shows and sends nothing but what belongs to the order it is bound to."""

    sent = Signal(str)  # parent id, when a confirm has left

    def __init__(self, theme: Theme, port: SwitchPort | None) -> None:
        super().__init__()
        self.port, self.theme = port, theme
        self.bound: Bound | None = None
        self.menu: Menu | None = None
        self.found: Preflight | None = None
        self.faded = self._moved = False
        self.asker = Asker(SwitchError, self)
        self.view = SwitchLayout(self, theme)
        self.view.standing = "" if port is not None else NO_CONTROL
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(_SETTLE_MS)
        self._settle.timeout.connect(self._ask_menu)
        self._connect()
        self.view.problem("")
        self._say()

    # -- which order ---------------------------------------------------------------------------------------------

    def bind(self, bound: Bound | None) -> None:
        """Bind to an order; another id than before disarms and forgets everything that was asked for the old one."""
        before, self.bound = self.bound, bound
        if (before.parent_id if before else "") != (bound.parent_id if bound else ""):
            for slot in ("menu", "preflight", "confirm", "reconcile"):
                self.asker.forget(slot)
            self.menu, self._moved = None, False
            self._drop("")
            self.view.show_menu(None)
            if bound is not None and self.port is not None:
                self._settle.start()
            self.look()
        self._say()

    def look(self) -> None:
        """Once a frame: what the control process says of this order."""
        if self.port is None:
            return
        live = self.port.live(self.bound.parent_id) if self.bound else None
        before = self.view.live.live
        self.view.live.show_live(live)
        if live is not None and before is not None and before.pending and not live.pending:
            self._settle.start()  # the order is another one now: its menu is too
        self._say()

    def fade(self, faded: bool) -> None:
        """Stale figures: nothing can be armed."""
        if faded != self.faded:
            self.faded = faded
            self._drop(STALE if faded else "")
            self.view.fade(faded)

    def dress(self, theme: Theme) -> None:
        """Change the colours."""
        self.theme = theme
        self.view.dress(theme)
        self._say()

    def set_zone(self, where: tzinfo) -> None:
        """Time zone of the times."""
        self.view.set_zone(where)

    # -- asking --------------------------------------------------------------------------------------------------

    def preflight(self, action: Action = "switch") -> None:
        """Ask what would be sent; sends nothing."""
        wish = self._wish(action)
        if wish is None or self.port is None:
            return
        self._drop("checking …")
        self.asker.ask("preflight", partial(self.port.preflight, wish), partial(self._checked, wish))

    def _wish(self, action: Action) -> Wish | None:
        """What the panel asks for now, None while that is not allowed."""
        bound, menu = self.bound, self.menu
        if bound is None or menu is None or self.faded or menu.parent_id != bound.parent_id:
            return None
        who = (bound.parent_id, menu.order_id, menu.version, bound.generation)
        if action != "switch":
            return Wish(action, *who)
        target = self.view.target()
        if target is None or target.refused or self.view.faults():
            return None
        return Wish(action, *who, target.strategy, self.view.values())

    def _ask_menu(self) -> None:
        if self.bound is not None and self.port is not None:
            parent = self.bound.parent_id
            self.asker.ask("menu", partial(self.port.menu, parent), partial(self._menu_came, parent))

    def _menu_came(self, parent: str, menu: Menu | None, problem: str) -> None:
        if self.bound is None or self.bound.parent_id != parent:
            return
        self.menu = menu if menu is not None and menu.parent_id == parent else None
        self.view.show_menu(self.menu)
        self._drop(problem or (MOVED if self._moved else self.view.words.text()))
        self._moved = False

    def _checked(self, wish: Wish, found: Preflight | None, problem: str) -> None:
        if found is None or found.wish != wish or wish != self._wish(wish.action):
            self._drop(problem or "The order or the form has moved on: ask again.")
            return
        if any(guard.name.casefold() == "version" and guard.verdict == "fail" for guard in found.guards):
            self._moved = True
            self._drop(MOVED)
            self._ask_menu()
            return
        self.found = found
        self.view.problem("")
        self.view.preflight.show_preflight(found)
        self.view.confirm.setText(self._confirm_words(wish))
        if found.allowed:
            self.view.confirm.arm()
        self._say()

    def _confirm(self) -> None:
        found, port = self.found, self.port
        if found is None or port is None or self.bound is None or found.wish.parent_id != self.bound.parent_id:
            self._drop("This confirm belonged to another order: nothing was sent.")
            return
        self._drop("sending …")
        parent = self.bound.parent_id
        self.asker.ask("confirm", partial(port.confirm, found.token), partial(self._confirmed, parent))

    def _confirmed(self, parent: str, _answer: object, problem: str) -> None:
        self._drop(problem)
        if not problem:
            self.sent.emit(parent)
        self.look()

    def reconcile(self) -> None:
        """Ask the broker what he holds of the order; also while a request is unanswered, for that is when it helps."""
        menu, bound, port = self.menu, self.bound, self.port
        if menu is None or bound is None or port is None or menu.parent_id != bound.parent_id:
            return
        self._drop("asking the broker …")
        parent = bound.parent_id
        self.asker.ask("reconcile", partial(port.reconcile, menu.order_id), partial(self._reconciled, parent))

    def _reconciled(self, parent: str, said: str | None, problem: str) -> None:
        if self.bound is not None and self.bound.parent_id == parent:
            self._drop(problem or f"Reconcile: {said}")
            self.look()

    # -- what it says --------------------------------------------------------------------------------------------

    def _drop(self, words: str) -> None:
        """Disarm: what was checked is no longer what would be sent."""
        self.found = None
        self.asker.forget("preflight")
        self.view.confirm.disarm()
        self.view.confirm.setText("Confirm")
        self.view.preflight.show_preflight(None)
        self.view.problem(words if self.port is not None else "")
        self._say()

    def _confirm_words(self, wish: Wish) -> str:
        bound = self.bound
        if bound is None:
            return "Confirm"
        words = f"{_VERBS[wish.action]}  {bound.side} {text.quantity(bound.remaining)} {bound.symbol}"
        target = self.view.target()
        return f"{words}  →  {target.title}" if wish.strategy and target else words

    def _say(self) -> None:
        bound, live = self.bound, self.view.live.live
        if bound is None:
            self.view.head("no order chosen", "", "faint")
        else:
            left = text.quantity(bound.remaining) if not text.undefined(bound.remaining) else text.DASH
            words = f"{bound.parent_id}   remaining {left}   algo {self.menu.algo if self.menu else bound.algo}"
            tone = "amber" if live is not None and live.pending else "faint"
            self.view.head(f"{bound.side}  {left}  {bound.symbol}", words, side_tone(bound.side), tone)
        ready = self.menu is not None and not self.faded and not (live is not None and live.pending)
        for action, button in self.view.buttons.items():
            button.setEnabled(ready and self._wish(action) is not None and self._offered(action))
        self.view.reconcile.setEnabled(self.menu is not None)

    def _offered(self, action: Action) -> bool:
        """A pause where the profile has one; a resume while it is paused."""
        menu = self.menu
        if menu is None or action not in {"pause", "resume"}:
            return menu is not None
        return not menu.no_pause and menu.paused == (action == "resume")

    def _connect(self) -> None:
        view = self.view
        for action, button in view.buttons.items():
            ask: Callable[..., None] = partial(self._pressed, action)
            button.clicked.connect(ask)
        view.reconcile.clicked.connect(lambda _on: self.reconcile())
        view.confirm.fired.connect(self._confirm)
        view.edited.connect(lambda: self._drop(""))

    def _pressed(self, action: Action, *_: object) -> None:
        self.preflight(action)
