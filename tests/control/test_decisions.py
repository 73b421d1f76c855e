"""Decisions found in an audit log by any of their names, with what followed from each and nothing else."""

import csv
import io
from pathlib import Path

import msgspec
import pytest

from app.control.audit import AuditLog
from app.control.decisions import COLUMNS, decision, lines_of, messages, names_of, spreadsheet
from app.control.inline import Act
from app.engine.errors import FeedError, SettingsError
from app.engine.switch.facts import Target
from app.engine.units import SECOND
from tests.control.made import T0, MadeDesk, MadeFeed, inline, run

AT = T0 + 30 * SECOND


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A switch to PASSIVE at 30 s, a pause at 60 s, of one order that fills by the second."""
    folder = tmp_path_factory.mktemp("control")
    switch = inline(folder)
    switch.plan(Act(AT, "TECH", "switch", Target(strategy="PASSIVE", params={"MinClip": "200"})))
    switch.plan(Act(AT + 30 * SECOND, "TECH", "pause"))
    run(MadeFeed(MadeDesk(), 90), switch)
    switch.control.close()
    return folder / "audit.log"


def _sent(log: Path, place: int) -> str:
    """ClOrdID of one of the messages that were sent."""
    raw = [line.entry["raw"] for line in lines_of(log) if line.entry["what"] == "out"][place]
    return str(next(part for part in raw.split("\x01") if part.startswith("11="))[3:])


def test_that_a_decision_is_found_by_number_and_by_the_id_that_was_sent(log: Path) -> None:
    found = decision(log, _sent(log, 0))
    assert found.line.entry["what"] == "confirm"
    assert found.line.entry["wish"]["target"]["strategy"] == "PASSIVE"
    assert decision(log, str(found.line.entry["n"])).line == found.line


def test_that_an_order_stands_for_the_last_decision_about_it(log: Path) -> None:
    assert decision(log, "TECH-A1").line == decision(log, _sent(log, 1)).line
    assert decision(log, "TECH-A1").line.entry["wish"]["action"] == "pause"


def test_that_it_ends_where_the_next_decision_about_the_order_begins(log: Path) -> None:
    first, second = decision(log, _sent(log, 0)), decision(log, _sent(log, 1))
    assert first.lines[-1].entry["n"] < second.line.entry["n"]
    sent = [line.entry["kind"] for line in first.lines if line.entry["what"] == "out"]
    assert sent == ["G"]


def test_that_the_messages_of_the_order_are_all_there(log: Path) -> None:
    texts = list(messages(decision(log, _sent(log, 0)).about()))
    assert any(" out " in text and "|35=G|" in text for text in texts)
    assert any("|150=5|" in text for text in texts)
    assert all("\x01" not in text for text in texts)


def test_that_the_lines_stand_as_they_are_on_disk(log: Path) -> None:
    whole = log.read_bytes()
    found = decision(log, _sent(log, 0))
    assert b"".join(line.raw + b"\n" for line in found.lines) in whole


@pytest.mark.parametrize("name", ["999999", "1", "nobody", ""])
def test_that_a_name_nothing_has_is_refused_in_words(log: Path, name: str) -> None:
    with pytest.raises(SettingsError, match="ID"):
        decision(log, name)


def test_that_a_request_of_the_api_is_found_by_its_id(tmp_path: Path) -> None:
    with AuditLog(tmp_path / "audit.log") as audit:
        audit.write("kill", {"user": "alice", "scope": "all", "via": "api", "request": "abc123", "now_ns": T0})
        audit.write("out", {"order": "A1", "kind": "F", "raw": "8=FIX.4.4\x0137=A1\x0111=X1\x01", "now_ns": T0})
        audit.write("in", {"raw": "35=8\x0137=A2\x01", "now_ns": T0 + 1})
        audit.write("in", {"raw": "35=8\x0137=A3\x01", "now_ns": T0 + 7200 * SECOND})
    found = decision(tmp_path / "audit.log", "abc123")
    assert (found.line.entry["n"], len(found.lines)) == (1, 3)
    assert found.about() == found.lines


def test_that_names_are_those_of_fields_and_of_the_message() -> None:
    assert names_of({"order": "A1", "raw": "8=F\x0137=A1\x0141=X0\x0111=X1\x01111=no\x01"}) == {"A1", "X0", "X1"}
    assert names_of({"wish": {"order_id": "A2"}, "fact": {"order_id": "A3"}}) == {"A2", "A3"}
    assert names_of({"wish": None, "raw": 7}) == set()


def test_that_the_spreadsheet_has_every_line_and_no_formula(tmp_path: Path) -> None:
    with AuditLog(tmp_path / "audit.log") as audit:
        audit.write("confirm", {"user": "=cmd()", "wish": {"order_id": "A1"}, "refused": "kill switch: on"})
        audit.write("api", {"entry": {"words": "token has expired"}})
        audit.write("out", {"raw": "8=FIX\x0135=G\x01"})
    rows = list(csv.DictReader(io.StringIO(spreadsheet(lines_of(tmp_path / "audit.log")))))
    assert tuple(rows[0]) == COLUMNS
    assert (rows[0]["user"], rows[0]["order"], rows[0]["words"]) == ("'=cmd()", "A1", "kill switch: on")
    assert rows[1]["words"] == "token has expired"
    assert rows[2]["raw"] == "8=FIX|35=G|"


def test_that_a_line_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "audit.log").write_bytes(msgspec.json.encode({"what": "x"}) + b"\nnonsense\n")
    with pytest.raises(FeedError, match=r"audit\.log line 2"):
        lines_of(tmp_path / "audit.log")
    with pytest.raises(FeedError, match="cannot be read"):
        lines_of(tmp_path / "none.log")
