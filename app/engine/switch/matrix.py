"""The matrix: what each event does in each state, written down beside the machine and not made from it.

A cell is the state afterwards, its alarm (`!` red, `~` amber) and what is sent or asked at once (`+F`, `+H`, `+guard`).
`document` renders it; the tests hold the machine to it.
"""

from typing import Final, NamedTuple

from app.engine.switch.states import NAMES, State

EVENTS: Final = {
    "150=0": "acknowledged; in C4 for the new order",
    "150=4": "cancelled: our request's answer in C1 and C2, said again in C3, the new order's in C4, else unsolicited",
    "150=5": "replaced: our request's answer in R1 to R3, else somebody else's",
    "150=6": "pending cancel: of our request in C1 and C2, else somebody else's",
    "150=8": "rejected: our request where one is in flight, else the order itself",
    "150=C": "expired, unsolicited",
    "150=D": "restated by the broker",
    "150=E": "pending replace: of our request in R1 to R3, else somebody else's",
    "150=F": "a fill on the last accepted id; in C4 of the new order",
    "9 102=0": "35=9, too late, not filled (with 39=2 or a full fill: R6)",
    "9 102=1": "35=9, unknown order, 37=NONE",
    "9 102=3": "35=9, already pending",
    "9": "35=9 without 102",
    "35=j": "business reject of our last message",
    "35=3": "session reject of our last message",
    "deadline": "no answer in time",
    "disconnect": "the session is lost",
    "kill": "cancel everything",
    "late fill": "a fill on an id before the last",
    "late bust": "a fill is undone",
}

ROWS: Final[tuple[State, ...]] = (
    State.R0, State.R1, State.R2, State.R3, State.R5, State.C0, State.C1, State.C2, State.C3, State.C4,
)  # fmt: skip

_TABLE: Final = """
event      | R0    R1     R2     R3   R5    | C0    C1        C2        C3        C4
150=0      | R0    R1     R2     R3!  R5    | C0    C1        C2        C3        C5
150=4      | R9!   R9!    R9!    R9!  R9!   | R9!   C3+guard  C3+guard  C3        C6!
150=5      | R0~   R5     R5     R5   R5~   | C0~   C1~       C2~       C3W!+H    C4!
150=6      | R0~   R1~    R2~    R3!  R5~   | C0~   C2        C2        C3~       C4~
150=8      | R9!   R7~    R7~    R7~  R9!   | R9!   R7~       R7~       C3        C6!
150=C      | R9!   R9!    R9!    R9!  R9!   | R9!   R9!       R9!       C3        C4
150=D      | R0    R1     R2     R3!  R5    | C0    C1        C2        C3        C4
150=E      | R0~   R2     R2     R3!  R5~   | C0~   C1~       C2~       C3~       C4~
150=F      | R0    R1     R2     R3!  R5    | C0    C1        C2        C3+guard  C5
9 102=0    | R0    R7~    R7~    R7~  R5    | C0    R7~       R7~       C3W!+H    C4!
9 102=1    | R0    R8!+H  R8!+H  R8!  R5    | C0    R8!+H     R8!+H     C3W!+H    C4!
9 102=3    | R0    R7~    R7~    R7~  R5    | C0    R7~       R7~       C3W!+H    C4!
9          | R0    R7~    R7~    R7~  R5    | C0    R7~       R7~       C3W!+H    C4!
35=j       | R0~   R7~    R7~    R7~  R5~   | C0~   R7~       R7~       C3W!+H    C6!
35=3       | R0~   R7~    R7~    R7~  R5~   | C0~   R7~       R7~       C3W!+H    C6!
deadline   | R0    R4!+H  R4!+H  R3!  R5    | C0    CU!+H     CU!+H     C6!       C7!+H
disconnect | R0    R3!    R3!    R3!  R5    | C0    CX!       CX!       C6!       C7!
kill       | K1+F  R1~    R2~    R3!  K1+F  | K1+F  K1        K2        K5        C4~
late fill  | R0    R1     R2     R3!  R5    | C0    C1        C2        C3+guard  C4!
late bust  | R0    R1     R2     R3!  R5    | C0    C1        C2        C3+guard  C4~
"""

_NOTES: Final = {
    "R1 150=F": "applied; a full fill (39=2) waits for the answer until the deadline, then R6",
    "R1 kill": "the 35=F goes out with the answer, or when kill_wait_s is over",
    "R3 150=5": "an answer that comes with the resend resolves it; after logon 35=H",
    "R3 kill": "goes out after logon",
    "C1 150=4": "38 - 14 of this report must equal 38 - fills held, else C3W and no new order",
    "C3 150=5": "the broker says two things: no new order until a status is clear",
    "C3 150=F": "what is left is computed again; nothing left: C5",
    "C3 deadline": "the guard was not judged in time: nothing works for what is left",
    "C4 late fill": "over-allocated by as many shares",
    "C4 late bust": "as many shares are not working",
    "C4 kill": "the new order is cancelled as soon as it is acknowledged",
    "R5 150=4": "the switched order ended without our doing",
}


class Cell(NamedTuple):
    """State, alarm and what is sent or asked."""

    state: State
    alarm: str
    does: str

    @property
    def text(self) -> str:
        """The cell as it is written."""
        mark = {"red": "!", "amber": "~", "": ""}[self.alarm]
        return f"{self.state.value}{mark}" + (f"+{self.does}" if self.does else "")


def cell_of(text: str) -> Cell:
    """A written cell."""
    head, _, does = text.partition("+")
    alarm = {"!": "red", "~": "amber"}.get(head[-1], "")
    return Cell(State(head.rstrip("!~")), alarm, does)


def _matrix() -> dict[tuple[State, str], Cell]:
    found: dict[tuple[State, str], Cell] = {}
    for line in _TABLE.strip().splitlines()[1:]:
        event, cells = line[:10].strip(), line[10:].replace("|", " ").split()
        for state, text in zip(ROWS, cells, strict=True):
            found[state, event] = cell_of(text)
    return found


MATRIX: Final = _matrix()


def document() -> str:
    """The matrix in Markdown."""
    lines = [
        "# What the switch does: every state, every event",
        "",
        "Made by `python -m scripts.switch_matrix`; each cell is held by a test. A cell is the state afterwards;",
        "**red** and *amber* are its alarm; `35=F`, `35=H`: sent at once; guard: the whole guard is judged again.",
        "",
    ]
    for rows in (ROWS[:5], ROWS[5:]):
        lines.append("| event | " + " | ".join(f"{state.value}" for state in rows) + " |")
        lines.append("|---" * (len(rows) + 1) + "|")
        lines += [f"| {event} | " + " | ".join(_shown(state, event) for state in rows) + " |" for event in EVENTS]
        lines.append("")
    lines += ["## Events", "", *(f"- **{event}**: {words}" for event, words in EVENTS.items()), ""]
    lines += ["## States", "", *(f"- **{state.value}** {words}" for state, words in NAMES.items()), ""]
    lines += ["## Notes", "", *(f"- **{where}**: {words}" for where, words in _NOTES.items())]
    return "\n".join(lines) + "\n"


def _shown(state: State, event: str) -> str:
    cell = MATRIX[state, event]
    mark = {"red": "**", "amber": "*", "": ""}[cell.alarm]
    does = {"": "", "guard": " guard"}.get(cell.does, f" 35={cell.does}")
    return f"{mark}{cell.state.value}{mark}{does}"
