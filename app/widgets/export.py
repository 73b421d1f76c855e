"""What leaves the screen: tables as CSV in full, charts as pictures."""

import csv
import io
from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from app.widgets import format as text
from app.widgets.grid import Grid
from app.widgets.table import Table, taken


def csv_of(table: Table) -> str:
    """Lines of a table in their order: field names, texts as they are, figures in full, times in ns; undefined empty.

    Lines of groups are left out. A text that a spreadsheet would run as a formula is preceded by an apostrophe.
    """
    where = table.order[table.order >= 0]
    rows = taken(table.rows, where)
    names: list[str] = []
    cells: list[list[str]] = []
    for column in table.columns:
        if column.look == "spark":
            continue
        values = table.values(column, rows, where).tolist()
        names.append(column.name)
        if column.right:
            cells.append(["" if text.undefined(value) else repr(value) for value in values])
        else:
            cells.append([_harmless(table.texts.text(int(value))) for value in values])
        if column.second:
            names.append(column.second)
            cells.append(["" if text.undefined(value) else repr(value) for value in rows[column.second].tolist()])
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(names)
    writer.writerows(zip(*cells, strict=True))
    return out.getvalue()


def _harmless(said: str) -> str:
    return "'" + said if said[:1] in {"=", "+", "-", "@", "\t", "\r"} else said


def copy_csv(table: Table) -> None:
    """The table as CSV into the clipboard."""
    QGuiApplication.clipboard().setText(csv_of(table))


def save_csv(table: Table, path: Path) -> None:
    """The table as CSV into a file."""
    path.write_text(csv_of(table), encoding="utf-8")


def copy_picture(widget: QWidget) -> None:
    """The widget as it looks now into the clipboard."""
    QGuiApplication.clipboard().setPixmap(widget.grab())


def offer_csv(grid: Grid, name: str) -> None:
    """Give a grid a menu on the right button: copy and save as CSV."""
    menu = QMenu(grid)
    menu.addAction("Copy as CSV", partial(copy_csv, grid.table))
    menu.addAction("Save as CSV…", partial(_ask_where, grid, name))
    _on_right_button(grid, grid.viewport(), menu)


def offer_picture(widget: QWidget, name: str, *more: tuple[str, Callable[[], object]]) -> None:
    """Give a chart a menu on the right button: copy as image, and what more it offers."""
    menu = QMenu(widget)
    for title, act in more:
        menu.addAction(title, act)
    menu.addAction(f"Copy {name} as image", partial(copy_picture, widget))
    _on_right_button(widget, widget, menu)


def _on_right_button(widget: QWidget, under: QWidget, menu: QMenu) -> None:
    def show(where: QPoint) -> None:
        menu.popup(under.mapToGlobal(where))

    widget.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
    widget.customContextMenuRequested.connect(show)


def _ask_where(grid: Grid, name: str) -> None:
    path, _ = QFileDialog.getSaveFileName(grid, f"Save {name}", f"{name}.csv", "CSV (*.csv)")
    if path:
        save_csv(grid.table, Path(path))
