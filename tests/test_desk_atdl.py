"""A broker's strategy as paper: what the form shows, hints at and gives back."""

from app.desk_atdl import AtdlPaper
from app.widgets.atdl_port import Entry, Pane
from tests.feeds.atdl.files import form

PARAMETERS = (
    '<Parameter name="Pct" xsi:type="Percentage_t" fixTag="1" minValue=".01" maxValue=".5" use="required">'
    "<Description>of volume</Description></Parameter>"
    '<Parameter name="At" xsi:type="UTCTimestamp_t" fixTag="2"/>'
    '<Parameter name="Day" xsi:type="LocalMktDate_t" fixTag="3"/>'
    '<Parameter name="Low" xsi:type="Int_t" minValue="3" fixTag="4"/>'
    '<Parameter name="Note" xsi:type="String_t" fixTag="5"/>'
)
CONTROLS = "".join(
    f'<lay:Control ID="c{name}" xsi:type="lay:{kind}_t" parameterRef="{name}" label="{name}"/>'
    for name, kind in (
        ("Pct", "TextField"), ("At", "Clock"), ("Day", "TextField"), ("Low", "TextField"), ("Note", "TextField"),
    )
)  # fmt: skip


def entries(pane: Pane) -> list[Entry]:
    return [part for part in pane.parts if isinstance(part, Entry)]


def test_that_hints_say_what_is_allowed_and_stars_what_is_needed() -> None:
    paper = AtdlPaper(form(PARAMETERS, CONTROLS), {})
    shown = {entry.label: entry.hint for entry in entries(paper.panes[0])}
    assert shown == {
        "Pct *": "1 to 50 %", "At": "HH:MM:SS EST", "Day": "YYYYMMDD", "Low": "at least 3", "Note": "",
    }  # fmt: skip
    assert entries(paper.panes[0])[0].about == "of volume"


def test_that_todays_values_stand_in_it_and_what_is_entered_comes_back_as_wire_values() -> None:
    paper = AtdlPaper(form(PARAMETERS, CONTROLS), {"Pct": "0.25"})
    first = dict(paper.first())
    assert first["cPct"] == "25"
    judged = paper.judged(first | {"cAt": "15:00:00"})
    assert dict(judged.values) == {"Pct": "0.25", "At": "20261120-20:00:00"}
    wrong = paper.judged(first | {"cPct": "90"})
    assert wrong.faults == (("cPct", "Pct = '90' is not allowed; allowed: at most 50"),)
    assert wrong.values == ()


def test_that_papers_are_equal_by_strategy_and_todays_values() -> None:
    one, same = (AtdlPaper(form(PARAMETERS, CONTROLS), {"Pct": "0.25"}) for _ in range(2))
    assert one == same
    assert hash(one) == hash(same)
    assert one != AtdlPaper(form(PARAMETERS, CONTROLS), {})
    assert one != "another"
