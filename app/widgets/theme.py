"""Colours and fonts: dark by default, light beside it; Fusion, a palette and a few lines of style sheet."""

from dataclasses import dataclass, fields
from typing import Final, Literal

from PySide6.QtGui import QColor, QFont, QFontMetrics, QPalette
from PySide6.QtWidgets import QApplication, QStyleFactory

Shape = Literal["circle", "ring", "diamond", "hollow_diamond", "square", "triangle", "none"]


@dataclass(frozen=True, slots=True)
class Theme:
    """Named colours; lights and sides never share one, and stay apart for the colour-blind (after Okabe and Ito)."""

    name: str
    ground: str  # behind docks
    paper: str  # behind figures
    stripe: str  # every other row
    raised: str  # headers, bars
    line: str
    ink: str
    faint: str  # labels, undefined, stale
    selected: str
    buy: str
    sell: str
    good: str
    amber: str
    red: str
    accent: str  # progress, links
    mid: str  # the market's price

    def colour(self, tone: str) -> QColor:
        """The colour of a tone: a field's name."""
        return QColor(getattr(self, tone))


DARK: Final = Theme(
    "dark", ground="#0f1419", paper="#141a21", stripe="#181f27", raised="#1d252e", line="#2b3642", ink="#d9e0e8",
    faint="#7f8c9a", selected="#234a6e", buy="#6cc3f0", sell="#d58bb5", good="#35b58f", amber="#f0b429", red="#ff6a3d",
    accent="#8ecdf2", mid="#9fb0c0",
)  # fmt: skip
LIGHT: Final = Theme(
    "light", ground="#e9edf1", paper="#ffffff", stripe="#f5f7f9", raised="#e1e6eb", line="#c3ccd5", ink="#17202a",
    faint="#5c6975", selected="#bcdcf5", buy="#0a66a8", sell="#9a3f76", good="#0b7a5b", amber="#9a6700", red="#c8360a",
    accent="#1f6fa8", mid="#5a6b7b",
)  # fmt: skip
THEMES: Final = {theme.name: theme for theme in (DARK, LIGHT)}
RIBBON: Final = ("#4f86c6", "#8a7fc7", "#3aa6a0", "#b58d3d", "#8f9aa6")  # parts of the shortfall, in both themes
TONES: Final = tuple(f.name for f in fields(Theme) if f.name != "name")


def figures_font() -> QFont:
    """The application's font with digits of one width, so that columns align."""
    font = QFont(QApplication.font())
    font.setFeature(QFont.Tag("tnum"), 1)
    return font


def digits_align(font: QFont) -> bool:
    """True when all ten digits and the signs are equally wide in a font."""
    metrics = QFontMetrics(font)
    return len({metrics.horizontalAdvance(letter) for letter in "0123456789"}) == 1


def apply(app: QApplication, theme: Theme) -> None:
    """Dress the application: Fusion, palette, style sheet, a 12-pixel font that scales with the screen."""
    app.setStyle(QStyleFactory.create("Fusion"))
    app.setPalette(_palette(theme))
    app.setStyleSheet(_sheet(theme))
    font = QFont(app.font())
    font.setPixelSize(12)
    app.setFont(font)


def _palette(theme: Theme) -> QPalette:
    palette, role = QPalette(), QPalette.ColorRole
    for where, tone in {
        role.Window: theme.ground,
        role.WindowText: theme.ink,
        role.Base: theme.paper,
        role.AlternateBase: theme.stripe,
        role.Text: theme.ink,
        role.Button: theme.raised,
        role.ButtonText: theme.ink,
        role.ToolTipBase: theme.raised,
        role.ToolTipText: theme.ink,
        role.Highlight: theme.selected,
        role.HighlightedText: theme.ink,
        role.Link: theme.accent,
        role.PlaceholderText: theme.faint,
    }.items():
        palette.setColor(where, QColor(tone))
    for where in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, where, QColor(theme.faint))
    return palette


def _sheet(t: Theme) -> str:
    return f"""
    QMainWindow::separator {{ background: {t.line}; width: 3px; height: 3px; }}
    QDockWidget::title {{ background: {t.raised}; padding: 3px 6px; }}
    QHeaderView {{ background: {t.raised}; border: 0; }}
    QHeaderView::section {{ background: {t.raised}; color: {t.faint}; border: 0; border-right: 1px solid {t.line};
        border-bottom: 1px solid {t.line}; padding: 2px 4px; }}
    QHeaderView::down-arrow, QHeaderView::up-arrow {{ image: none; width: 0; height: 0; }}
    QTableView {{ background: {t.paper}; border: 0; }}
    QToolTip {{ background: {t.raised}; color: {t.ink}; border: 1px solid {t.line}; padding: 3px; }}
    QLineEdit {{ background: {t.paper}; border: 1px solid {t.line}; padding: 2px 6px; }}
    QLineEdit[refused="true"] {{ border-color: {t.red}; }}
    QPushButton {{ background: {t.raised}; border: 1px solid {t.line}; padding: 2px 9px; }}
    QPushButton:hover {{ border-color: {t.faint}; }}
    QPushButton:checked {{ background: {t.selected}; border-color: {t.accent}; }}
    QPushButton[pending="true"] {{ border-color: {t.amber}; color: {t.amber}; }}
    QPushButton:disabled {{ color: {t.faint}; }}
    QTabBar::tab {{ background: {t.raised}; color: {t.faint}; padding: 3px 12px; border: 0; }}
    QTabBar::tab:selected {{ background: {t.paper}; color: {t.ink}; }}
    QTabWidget::pane {{ border: 0; }}
    """
