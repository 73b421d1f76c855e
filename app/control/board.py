"""The control process's own board: where every order stands, the message log, the scopes killed."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from app.board import BoardWriter
from app.control.answering import state_of
from app.control.core import Control
from app.engine.layout import KILL_ROW, SWITCH_LOG_ROW, SWITCH_ROW
from app.engine.units import NULL


class ControlBoard:
    """Publishes what changed since the last time. `clock` gives the monotonic ns of the heartbeat."""

    def __init__(self, folder: Path, clock: Callable[[], int]) -> None:
        self._writer = BoardWriter(folder, clock=clock)
        self._shown: dict[str, tuple[object, ...]] = {}
        self._rows: dict[str, int] = {}
        self._since: dict[str, tuple[str, int]] = {}
        self._logged = 0
        self._kills: dict[str, tuple[int, int]] = {}

    def publish(self, control: Control) -> bool:
        """Bring the board up to date; True when something had changed."""
        changed = self._orders(control) | self._log(control) | self._scopes(control)
        if changed:
            self._writer.beat(control.now)
        else:
            self._writer.heartbeat()
        return changed

    def say(self, key: str, text: str) -> None:
        """A small fact in words: the session's state, why the engine's board cannot be believed."""
        self._writer.meta(key, text)

    def close(self) -> None:
        """Mark the board as closed in good order."""
        self._writer.close()

    def _orders(self, control: Control) -> bool:
        changed = False
        for order in control.session.every():
            state = state_of(control, order)
            request = "" if order.request is None else order.request.cl_ord_id
            shown = (state, request, order.accepted, order.held, order.deadline_ns, order.online, order.foreign)
            if self._shown.get(order.order_id) == shown:
                continue
            self._shown[order.order_id] = shown
            since = self._since.get(order.order_id)
            if since is None or since[0] != state.state:
                since = self._since[order.order_id] = (state.state, control.now)
            text = self._writer.intern
            row = np.zeros(1, SWITCH_ROW)
            row[0] = (
                text(order.order_id), text(order.parent_id), text(state.instrument), text(state.algo),
                text(state.state), text(state.words), text(state.alarm), text(request), text(order.accepted),
                text(state.killed), order.qty, order.cum, order.held, order.leaves, order.version, since[1],
                NULL if order.deadline_ns is None else order.deadline_ns,
                order.paused, state.pending, order.online, order.foreign, 0,
            )  # fmt: skip
            index = self._rows.setdefault(order.order_id, len(self._rows))
            self._writer.put("switches", np.array([index]), row)
            changed = True
        return changed

    def _log(self, control: Control) -> bool:
        fresh = control.steps[self._logged :]
        if not fresh:
            return False
        text = self._writer.intern
        rows = np.zeros(len(fresh), SWITCH_LOG_ROW)
        for k, step in enumerate(fresh):
            order = control.session.orders.get(step.order_id)
            words = (step.order_id, step.direction, step.kind, step.state, step.words, step.alarm)
            raw = step.raw.decode("latin-1")
            parent = "" if order is None else order.parent_id
            rows[k] = (step.ts_ns, step.seq, *(text(word) for word in (*words, raw, parent)))
        self._writer.put("switch_log", np.arange(self._logged, self._logged + len(fresh)), rows)
        self._logged += len(fresh)
        return True

    def _scopes(self, control: Control) -> bool:
        changed = False
        active = set(control.session.kills)
        for scope in [*control.session.kills, *self._kills]:
            index, was = self._kills.get(scope, (len(self._kills), -1))
            if was == (scope in active):
                continue
            self._kills[scope] = (index, int(scope in active))
            row = np.zeros(1, KILL_ROW)
            row[0] = (control.now, self._writer.intern(scope), scope in active)
            self._writer.put("kills", np.array([index]), row)
            changed = True
        return changed
