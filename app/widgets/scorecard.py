"""The chosen order's scorecard: shortfall and its parts, arrival and benchmarks, markouts with their errors."""

from datetime import UTC, tzinfo
from typing import Final

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app.engine.units import HORIZON_NAMES
from app.widgets import format as text
from app.widgets import ribbon
from app.widgets.columns import (
    NO_ARRIVAL,
    NO_FILL,
    NO_HORIZON,
    NO_MODEL,
    Column,
    Texts,
    mark,
    side_tone,
)
from app.widgets.evidence_card import evidence_lines
from app.widgets.export import offer_picture
from app.widgets.ribbon import Ribbon, said_or_dash, shortfall
from app.widgets.sheet import Cell, Line, Sheet, label
from app.widgets.theme import Theme, figures_font

_NO_VOLUME: Final = "no eligible market volume in the order's time"
_NO_PACE: Final = "over, paused, without an end time, or worked like this for less than ten minutes"
# figures, three a line
FACTS: Final = (
    Column("arrival_ts", "Arrival", 0, "time"),
    Column("arrival_basis", "Basis", 0, "text", why=NO_ARRIVAL),
    Column("end_ts", "End", 0, "time", why="still live"),
    Column("arrival_mid", "Mid", 0, show=text.price, about="mid strictly before parent entry", why=NO_ARRIVAL),
    Column("arrival_bid", "Bid", 0, show=text.price, about="at arrival", why=NO_ARRIVAL),
    Column("arrival_ask", "Ask", 0, show=text.price, about="at arrival", why=NO_ARRIVAL),
    Column("avg_px", "Avg px", 0, show=text.price, why=NO_FILL),
    Column("arrival_wmid", "Wmid", 0, show=text.price, about="size-weighted mid at arrival", why=NO_ARRIVAL),
    Column("end_mid", "End mid", 0, show=text.price, why="still live, or no valid mid"),
    Column("slip_arrival_bps", "Slip", 0, show=text.arrowed, about="against arrival, bps; + costs",
           why=f"{NO_FILL}, or {NO_ARRIVAL}"),
    Column("slip_vwap_bps", "vs VWAP", 0, show=text.arrowed, about="bps; + costs", why=_NO_VOLUME),
    Column("slip_vwap_ex_own_bps", "ex own", 0, show=text.arrowed, about="against VWAP without our own prints, bps",
           why=_NO_VOLUME),
    Column("expected_cost_bps", "Exp.", 0, about="expected cost at what is done, bps, uncalibrated", why=NO_MODEL),
    Column("timing_risk_bps", "Risk", 0, show=lambda v: text.number(v, 2), about="timing risk, bps", why=NO_MODEL),
    Column("cost_z", "Cost z", 0, about="(cost - expected) / timing risk", why=NO_MODEL),
    Column("pre_drift_bps", "Pre", 0, about="drift from arrival to first fill, bps; + costs",
           why=f"{NO_FILL}, or {NO_ARRIVAL}"),
    Column("post_drift_bps", "Post", 0, about="drift from the last fill on, up to 60 s, bps",
           why=f"{NO_FILL}, or the data ended"),
    Column("mkt_vwap", "VWAP", 0, show=text.price, why=_NO_VOLUME),
    Column("aggressor_share", "Aggr %", 0, show=text.percent, about="aggressive of our fills", why=NO_FILL),
    Column("spread_capture", "Capt %", 0, show=text.percent, about="of the spread, passive", why="no passive fill"),
    Column("mkt_vol", "Volume", 0, show=text.number, about="eligible market volume, arrival to end"),
    Column("p_complete", "P(done) %", 0, show=text.percent, why=_NO_PACE,
           about="probability that nothing is left at the end, at the pace since it is worked as it is now"),
    Column("expected_unfilled", "Left", 0, show=text.number, about="expected to be left at the end", why=_NO_PACE),
    Column("expected_finish_ns", "Finish", 0, "time", about="expected at that pace", why="done, or nothing done yet"),
)  # fmt: skip


def fact_lines(row: np.void, texts: Texts, where: tzinfo) -> list[Line]:
    """The facts, three pairs of name and figure a line."""
    cells: list[Cell] = []
    for column in FACTS:
        said = column.say(row[column.name].item(), texts, where)
        tip = f"{column.title}: {column.why}" if said == text.DASH else column.about
        cells += [label(column.title, tip), Cell(said, tip=tip, field=column.name)]
    cells += [Cell("")] * (-len(cells) % 6)
    return [tuple(cells[i : i + 6]) for i in range(0, len(cells), 6)]


def markout_lines(row: np.void) -> list[Line]:
    """One line a horizon: bps and standard error; a mean without enough independent fills says so."""
    said: list[Line] = [
        (
            label("after"),
            Cell("mo bps", "faint", tip="markout"),
            Cell("± s.e.", "faint", tip="from non-overlapping clusters of fills"),
        )
    ]
    for name in HORIZON_NAMES:
        value, error = float(row[f"markout_{name}_bps"]), float(row[f"markout_{name}_se_bps"])
        small = not text.undefined(value) and text.undefined(error)
        # grey where the error is unknown or the interval of two errors includes 0
        sure = not text.undefined(error) and abs(value) > 2 * error
        tip = NO_HORIZON if text.undefined(value) else "+ = the price went our way after our fills"
        words = "n too small" if small else text.DASH if text.undefined(error) else text.number(error, 2)
        why = "fewer than 8 independent clusters of fills" if small else tip
        said.append(
            (
                label(name, tip),
                Cell(said_or_dash(value), "ink" if sure else "faint", tip=tip, field=f"markout_{name}_bps"),
                Cell(words, "faint", tip=why, field=f"markout_{name}_se_bps"),
            )
        )
    return said


class Scorecard(QScrollArea):
    """One order's figures; `show_order` with None shows nothing."""

    why_wanted = Signal(str, str, object)  # section, field, row

    def __init__(self, theme: Theme, texts: Texts) -> None:
        super().__init__()
        self.theme, self.texts, self.where = theme, texts, UTC  # type: tuple[Theme, Texts, tzinfo]
        self.view: ribbon.View = "causal"
        self.faded = False
        self.record = ""  # the A/A run, in words
        self._row: np.void | None = None
        self._beside: np.void | None = None  # its row of the section `evidence`
        self.heading, self.light = QLabel("no order chosen"), QLabel()
        self.heading.setFont(figures_font())
        self.light.setFont(figures_font())
        self.light.setWordWrap(True)
        self.bar = Ribbon(theme)
        self.evidence = Sheet(theme, (2, 12), "Evidence", patient=True)
        self.parts = Sheet(theme, (4.6, 5.6, 4), "Shortfall by part", patient=True)
        self.facts = Sheet(theme, (4, 5, 4, 5, 4, 5), "Arrival and benchmarks", patient=True)
        self.markouts = Sheet(theme, (2.4, 3, 3.8), "Markouts", patient=True)
        for sheet in self._sheets():
            sheet.asked.connect(self._ask)
        self._build()

    def show_order(self, row: np.void | None, beside: np.void | None = None) -> None:
        """Show a row of the parents section; `beside`: the order's row of the section `evidence`."""
        self._row, self._beside = row, beside
        if row is None:
            self.heading.setText("no order chosen")
            self.light.setText("")
            for sheet in self._sheets():
                sheet.show_lines(())
            self.bar.show_values(())
            return
        self.heading.setText(self._title(row))
        self.light.setText(self._light(row))
        self.evidence.show_lines(evidence_lines(row, beside, self.texts, self.where, self.record))
        found = shortfall(row, self.view)
        self.bar.show_values(found.money, found.parts)
        currency = self.texts.text(int(row["currency"]))
        band = ribbon.Bands(float(row["noise_band_ccy"]), ribbon.half_width(beside))
        self.parts.show_lines(ribbon.lines(found, currency, band))
        self.facts.show_lines(fact_lines(row, self.texts, self.where))
        self.markouts.show_lines(markout_lines(row))

    def set_view(self, view: ribbon.View) -> None:
        """Causal (delay, amend, spread, drift, fees) or Perold (delay, trading, opportunity, fees)."""
        self.view = view
        self.show_order(self._row, self._beside)

    def set_zone(self, where: tzinfo) -> None:
        """Time zone of the times."""
        self.where = where
        self.show_order(self._row, self._beside)

    def fade(self, faded: bool) -> None:
        """Grey everything."""
        if faded != self.faded:
            self.faded = faded
            self.show_order(self._row, self._beside)
        for part in self._painted():
            if part.faded != faded:
                part.faded = faded
                part.update()

    def dress(self, theme: Theme) -> None:
        """Change the colours."""
        self.theme = theme
        for part in self._painted():
            part.theme = theme
            part.update()
        self.show_order(self._row, self._beside)

    def _ask(self, field: str) -> None:
        if self._row is not None:
            self.why_wanted.emit("parents", field, self._row)

    def _title(self, row: np.void) -> str:
        say = self.texts.text
        side = say(int(row["side"]))
        colour = self._colour(side_tone(side))
        qty = text.quantity(int(row["order_qty"])) if not text.undefined(int(row["order_qty"])) else text.DASH
        order, symbol, algo = (say(int(row[name])) for name in ("parent_id", "instrument", "algo"))
        return (
            f"<span style='color:{self._colour('ink')}'><b>{order}</b>&nbsp; {symbol}&nbsp; "
            f"<span style='color:{colour}'>{side}</span>&nbsp; {qty}&nbsp; {algo}</span>&nbsp; "
            f"<span style='color:{self.theme.faint}'>{say(int(row['state']))}</span>"
        )

    def _light(self, row: np.void) -> str:
        word = self.texts.text(int(row["level"])) or "N/A"
        colour = self._colour(mark("level", word)[1])
        reason = self.texts.text(int(row["level_reason"]))
        return (
            f"<span style='color:{self.theme.faint}'>Level</span>&nbsp; "
            f"<span style='color:{colour}'><b>{word}</b></span>&nbsp; "
            f"<span style='color:{self.theme.faint}'>{reason}</span>"
        )

    def _colour(self, tone: str) -> str:
        return self.theme.colour("faint" if self.faded else tone).name()

    def _sheets(self) -> tuple[Sheet, ...]:
        return self.evidence, self.parts, self.facts, self.markouts

    def _painted(self) -> tuple[Ribbon | Sheet, ...]:
        return self.bar, *self._sheets()

    def _build(self) -> None:
        inside = QWidget()
        layout = QVBoxLayout(inside)
        layout.setContentsMargins(4, 4, 4, 4)
        layout.setSpacing(3)
        views = QHBoxLayout()
        group = QButtonGroup(self)
        for view, title, tip in (
            ("causal", "Causal", "delay + amend + spread + drift + fees"),
            ("perold", "Perold", "delay + trading + opportunity + fees: the same total, split otherwise"),
        ):
            button = QPushButton(title)
            button.setCheckable(True)
            button.setChecked(view == self.view)
            button.setToolTip(tip)
            button.setObjectName(view)
            group.addButton(button)
            views.addWidget(button)
        group.buttonClicked.connect(lambda b: self.set_view("perold" if b.objectName() == "perold" else "causal"))
        self.heading.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        views.insertWidget(0, self.heading, 1)
        figures = QHBoxLayout()
        for sheet, share in ((self.parts, 7), (self.markouts, 5)):
            figures.addWidget(sheet, share, Qt.AlignmentFlag.AlignTop)
        layout.addLayout(views)
        layout.addWidget(self.light)
        layout.addWidget(self.evidence)
        layout.addWidget(self.bar)
        layout.addLayout(figures)
        layout.addWidget(self.facts)
        layout.addStretch(1)
        offer_picture(self.bar, "the ribbon")
        self.setWidget(inside)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
