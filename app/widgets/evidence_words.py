"""The evidence light in words: what each status reads, how E, intervals and epochs are printed."""

from typing import Final, NamedTuple

from app.widgets import format as text
from app.widgets.theme import Shape

NOT_MEASURED: Final = "not measured yet"
EARLY: Final = "too early"
BADGE: Final = "★"
_MOST: Final = 1_000_000.0  # what E is above that says no more


class Light(NamedTuple):
    """What a status of the evidence looks like: its word on the screen, shape, tone, and the sign in plain text."""

    word: str
    shape: Shape
    tone: str
    sign: str


LIGHTS: Final = {
    "GREY": Light("n/a", "ring", "faint", "○"),
    "CLEAR": Light("CLEAR", "circle", "good", "●"),
    "LEAN": Light("LEAN", "hollow_diamond", "amber", "◇"),
    "AMBER": Light("WATCH", "diamond", "amber", "◆"),
    "RED": Light("LEAK", "square", "red", "■"),
}
NOTHING: Final = Light(NOT_MEASURED, "none", "faint", "○")
_BY_WORD: Final = {light.word.upper(): light for light in LIGHTS.values()} | LIGHTS | {"TOO": LIGHTS["GREY"]}


def light_of(words: str) -> Light:
    """The light of a status, or of what a cell of the column reads."""
    return _BY_WORD.get(words.split(" ", 1)[0].upper(), NOTHING)


def searched(status: str) -> str:
    """A status as the quick filter finds it: under the word on the screen and under the board's own."""
    return f"{status} {LIGHTS[status].word}" if status in LIGHTS else status


def e_words(value: float) -> str:
    """E as it is read: 0.31, 4.2, 28, 4,100, >1M."""
    if value > _MOST:
        return ">1M"
    return text.number(value, 2 if value < 1 else 1 if value < 10 else 0)


def cell_words(status: str, reason: str, figures: tuple[float, float], *, badge: bool) -> str:
    """What the blotter's cell says; `figures`: E and the smallest leak that could be seen (NaN undefined)."""
    e, sees = figures
    known, light = not text.undefined(sees), light_of(status)
    if status == "GREY":
        if not reason.startswith(EARLY):
            return light.word
        return f"{EARLY} ≥{text.number(sees, 0)}" if known else EARLY
    if status == "CLEAR":
        said = f"{light.word} ≥{text.number(sees, 1)}" if known else light.word
    else:
        said = light.word if text.undefined(e) else f"{light.word} E {e_words(e)}"
    return f"{said} {BADGE}" if badge else said


def interval(value: float, low: float, high: float, decimals: int = 1) -> str:
    """3.1 [0.9, 5.6]; a dash where undefined."""
    if text.undefined(value):
        return text.DASH
    if text.undefined(low) or text.undefined(high):
        return text.number(value, decimals)
    return f"{text.number(value, decimals)} [{text.number(low, decimals)}, {text.number(high, decimals)}]"


def includes_zero(low: float, high: float) -> bool:
    """True where nothing can be said of the sign: undefined, or the interval holds 0."""
    return text.undefined(low) or text.undefined(high) or low <= 0.0 <= high
