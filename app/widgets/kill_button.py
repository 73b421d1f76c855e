"""The kill switch's place on the strip: says whether it is on; what it opens asks for a confirm."""

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QPushButton

from app.widgets.switch_port import SwitchPort

_LOOK_MS = 250


class KillButton(QPushButton):
    """Opens the kill switch. Grey without a control process: a replay sends nothing."""

    def __init__(self, port: SwitchPort | None) -> None:
        super().__init__("Kill…")
        self._port = port
        self.setAutoDefault(False)
        self.setEnabled(port is not None)
        self.setAccessibleName("kill switch")
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.look)
        self.look()
        if port is not None:
            self._timer.start(_LOOK_MS)

    def look(self) -> None:
        """Say whether it is on."""
        blocked = self._port.blocked() if self._port is not None else ""
        words = "■ KILLED" if blocked else "Kill…"
        tip = "cancel every open order in a scope and block new ones; asks for a confirm first"
        tip = "no control process here: nothing is sent" if self._port is None else blocked or tip
        if tip != self.toolTip() or words != self.text():
            self.setText(words)
            self.setToolTip(tip)
            self.setProperty("pending", bool(blocked))
            self.style().unpolish(self)
            self.style().polish(self)
