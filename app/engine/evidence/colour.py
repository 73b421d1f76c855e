"""The evidence light: from evidence and size together, with the reason as a code and numbers; words at the edge.

GREY: cannot be measured, or only larger leaks than matter could be seen. RED, AMBER: evidence and size. LEAN: evidence
alone, no alert. CLEAR: no leak seen, and how small a one could have been. Evaluated in that order.
"""

from typing import Final, NamedTuple

from app.engine.units import SECOND

GREY, CLEAR, LEAN, AMBER, RED = "GREY", "CLEAR", "LEAN", "AMBER", "RED"
COLOURS: Final = (GREY, CLEAR, LEAN, AMBER, RED)
RED_E: Final = 100.0
AMBER_E: Final = 20.0
LEAN_E: Final = 10.0
RED_BPS: Final = 4.0
AMBER_BPS: Final = 2.0
LEAVE_BPS: Final = 1.5
DWELL_NS: Final = 10 * SECOND
DWELL_CHILDREN: Final = 3

# why a parent cannot be measured
NOT_SEEN = "own child orders and aggressive prints are not seen"
NO_TICK = "no tick size"
NO_ARRIVAL = "no arrival, side, quantity or instrument"
NO_PLACEBOS = "no placebos for this instrument"


class Look(NamedTuple):
    """What the light is looked at with after a child."""

    ts: int
    e: float
    projected: float | None  # bps
    detectable: float | None  # bps
    children: int  # scored in this epoch
    void: str = ""  # why nothing can be measured; empty where it can
    switched: bool = False  # the epoch began with a switch of the algo


class Limits(NamedTuple):
    """What a model and the evaluation behind it allow."""

    least_children: float = 15.0
    see_at_most: float = 8.0


class Light(NamedTuple):
    """A colour, since when (ns) and for how many children."""

    colour: str = GREY
    since: int = 0
    children: int = 0


def plain(look: Look, limits: Limits) -> str:
    """The colour of a look, without memory."""
    size = look.projected or 0.0
    blind = look.detectable is None or look.detectable > limits.see_at_most
    if look.void:
        return GREY
    if look.e >= RED_E and size >= RED_BPS:
        return RED
    if look.e >= AMBER_E and size >= AMBER_BPS:
        return AMBER
    if look.children < limits.least_children or blind:
        return GREY
    return LEAN if look.e >= LEAN_E else CLEAR


def step(light: Light, look: Look, limits: Limits) -> Light:
    """The light after a look: it rises at once and is left only after a while, and below what it was entered with."""
    wanted = plain(look, limits)
    stays = light._replace(children=light.children + 1)
    if wanted == light.colour:
        return stays
    alarmed = light.colour in (AMBER, RED)
    if alarmed and COLOURS.index(wanted) < COLOURS.index(light.colour) and not look.void:
        held = look.ts - light.since < DWELL_NS and stays.children < DWELL_CHILDREN
        strong = look.e >= LEAN_E and (look.projected or 0.0) >= LEAVE_BPS
        if held or (strong and wanted != AMBER):
            return stays
    return Light(wanted, look.ts, 0)


def reason(colour: str, look: Look, limits: Limits, notes: tuple[str, ...] = ()) -> str:
    """Why the light is what it is, in words: E, number of children, size, and how small a leak could be seen."""
    return "; ".join((_words(colour, look, limits), *notes))


def _words(colour: str, look: Look, limits: Limits) -> str:
    if look.void:
        return f"cannot be measured: {look.void}"
    since = " since the switch" if look.switched else ""
    n = f"{look.children} scored children{since}"
    sees = "" if look.detectable is None else f"could see only >= {look.detectable:.1f} bps"
    if colour == GREY:
        if look.children < limits.least_children:
            few = f"{look.children} scored children of {limits.least_children:g}{since}"
            return f"too early: {few}" + (f", {sees}" if sees else "")
        return f"too early: {sees}, {n}"
    e = f"E {look.e:.3g}, {n}, leak {look.projected or 0.0:.1f} bps projected"
    if colour == CLEAR:
        return f"no leak seen (could see >= {look.detectable or 0.0:.1f} bps); {e}"
    if colour == LEAN:
        return f"leaning: {e}"
    return e if plain(look, limits) == colour else f"held: {e}"
