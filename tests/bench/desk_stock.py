"""The same load on stock parts: QTableView over a sort-filter proxy, a default PlotDataItem; prints figures as JSON.

python -m tests.bench.desk_stock FOLDER
"""

import os
import sys
import time

START = time.perf_counter()
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("PYQTGRAPH_QT_LIB", "PySide6")

from functools import partial  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any, Final  # noqa: E402

import msgspec  # noqa: E402
import numpy as np  # noqa: E402
import pyqtgraph as pg  # noqa: E402
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QSortFilterProxyModel, Qt  # noqa: E402
from PySide6.QtWidgets import QApplication, QSplitter, QTableView  # noqa: E402

from app.board import BoardReader  # noqa: E402
from app.engine.events import Rows  # noqa: E402
from app.widgets.blotter_columns import BLOTTER  # noqa: E402
from tests.bench.desk_clock import Figures, Watch, cost_ms, memory_mb  # noqa: E402

FRAMES: Final = 60
COLUMNS: Final = tuple(column for column in BLOTTER if column.default and column.look not in {"spark", "alert"})
Index = QModelIndex | QPersistentModelIndex
ROOT: Final = QModelIndex()


class Orders(QAbstractTableModel):
    """Every order, text made in data()."""

    def __init__(self, reader: BoardReader) -> None:
        super().__init__()
        self.reader, self.rows = reader, reader.rows("parents")
        self._since = reader.changes(0)[0]

    def rowCount(self, parent: Index = ROOT) -> int:
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = ROOT) -> int:
        return 0 if parent.isValid() else len(COLUMNS)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        column = COLUMNS[index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            value = self._value(index.row(), column.name)
            return "" if value is None else column.say(value, self.reader)
        if role == Qt.ItemDataRole.EditRole:
            return self._value(index.row(), column.name)
        return None

    def _value(self, row: int, name: str) -> Any:
        return self.rows[name][row].item() if name in (self.rows.dtype.names or ()) else None

    def pull(self) -> None:
        self._since, changed, _ = self.reader.changes(self._since)
        rows = changed.get("parents", np.empty(0, np.int64))
        if not len(rows):
            return
        fresh: Rows = self.reader.rows("parents", rows)
        for place, row in enumerate(rows.tolist()):
            self.rows[row] = fresh[place]
            self.dataChanged.emit(self.index(row, 0), self.index(row, len(COLUMNS) - 1))


def main() -> int:
    """Open, measure."""
    app = QApplication(sys.argv[:1])
    reader = BoardReader(Path(sys.argv[1]))
    model, proxy, view = Orders(reader), QSortFilterProxyModel(), QTableView()
    proxy.setSourceModel(model)
    proxy.setSortRole(Qt.ItemDataRole.EditRole)
    proxy.setDynamicSortFilter(True)
    view.setModel(proxy)
    view.setSortingEnabled(True)
    plot, window = pg.PlotWidget(), QSplitter(Qt.Orientation.Vertical)
    trace = reader.rows("trace")
    trace = trace[trace["instrument"] == 0]
    item = pg.PlotDataItem((trace["ts"] - trace["ts"][0]) / 1e9, trace["mid"])
    plot.addItem(item)
    window.addWidget(view)
    window.addWidget(plot)
    window.resize(1680, 980)
    window.show()
    app.processEvents()
    figures = Figures(time.perf_counter() - START, time.process_time())

    def use(frame: int) -> None:
        model.pull()
        if frame % 5 == 0:
            last = (trace["ts"][-1] - trace["ts"][0]) / 1e9
            plot.setXRange(last / 50 if frame % 10 else 0, last, padding=0)

    watch = Watch(FRAMES, use, partial(app.exit, 0))
    app.exec()
    slip = next(place for place, column in enumerate(COLUMNS) if column.name == "slip_arrival_bps")
    orders = (Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder)
    proxy.setFilterKeyColumn(0)
    figures.samples = {
        "sort": [cost_ms(partial(proxy.sort, slip, order)) for order in orders],
        "filter": [cost_ms(partial(proxy.setFilterFixedString, word)) for word in ("RED", "AMBER", "")],
        "blotter painted": [cost_ms(view.viewport().repaint) for _ in range(10)],
        "trace drawn": [cost_ms(plot.viewport().repaint) for _ in range(5)],
        "frame": watch.frame[1:],
        "away": watch.away,
        "away processor": watch.away_processor,
    }
    figures.rss_mb = memory_mb()
    sys.stdout.buffer.write(msgspec.json.encode(figures))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
