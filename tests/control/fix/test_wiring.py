"""[ems] as the library gets it: no secret in a file, nothing resent, TLS only with somebody who is known."""

import importlib
from pathlib import Path

import pytest

from app.control.fix.library import library
from app.control.fix.wiring import begin_string, write_settings
from app.control.process import line_of
from app.engine.errors import FeedError, SettingsError
from tests.parts.desk import ems_table

HERE = {"host": "127.0.0.1", "sender": "US", "target": "EMS"}


def written(folder: Path, **keys: object) -> dict[str, str]:
    """The library's settings of a table."""
    path = write_settings(ems_table(**(HERE | keys)), folder)
    assert (path.stat().st_mode & 0o777) == 0o600
    return dict(line.split("=", 1) for line in path.read_text().splitlines() if "=" in line)


def test_that_nothing_is_kept_to_be_sent_again_and_nothing_refused(tmp_path: Path) -> None:
    found = written(tmp_path)
    assert found["PersistMessages"] == "N"
    assert found["NonStopSession"] == "Y"
    assert found["ResetOnLogon"] == "N"
    assert Path(found["DataDictionary"]).is_file()
    assert (found["SenderCompID"], found["TargetCompID"]) == ("US", "EMS")
    assert "SenderSubID" not in found


def test_that_a_session_with_times_ends_and_begins_anew(tmp_path: Path) -> None:
    found = written(tmp_path, session_start="06:00:00", session_end="22:00:00", sender_sub="D", target_sub="T")
    assert (found["StartTime"], found["EndTime"]) == ("06:00:00", "22:00:00")
    assert "NonStopSession" not in found
    assert (found["SenderSubID"], found["TargetSubID"]) == ("D", "T")


def test_that_fix_5_is_carried_by_fixt(tmp_path: Path) -> None:
    found = written(tmp_path, version="FIX.5.0SP2")
    assert begin_string(ems_table(version="FIX.5.0SP2")) == found["BeginString"] == "FIXT.1.1"
    assert Path(found["TransportDataDictionary"]).is_file()
    assert Path(found["AppDataDictionary"]).is_file()


def test_that_no_secret_is_in_any_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMS_WORD", "correct-horse")
    written(tmp_path, user="ann", password="env:EMS_WORD")
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and b"correct-horse" in path.read_bytes()]


def test_that_tls_names_its_files_and_says_which_is_missing(tmp_path: Path) -> None:
    authority = tmp_path / "ca.pem"
    authority.write_text("x")
    found = written(tmp_path, tls=True, ca=str(authority))
    assert found["CertificationAuthoritiesFile"] == str(authority)
    assert found["SSLProtocol"] == "+TLSv1_2 +TLSv1_3"
    with pytest.raises(SettingsError, match=r"ems\.ca.*nothing\.pem"):
        written(tmp_path, tls=True, ca="nothing.pem")


def test_that_a_missing_library_is_said_with_the_way_to_add_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> object:
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", absent)
    with pytest.raises(FeedError, match="scorecard doctor"):
        library()
    monkeypatch.setattr(importlib, "import_module", lambda _: object())
    with pytest.raises(FeedError, match="without TLS"):
        library()


def test_that_without_a_host_the_session_is_the_simulated_one(tmp_path: Path) -> None:
    profile, link = line_of(ems_table(), tmp_path)
    assert (profile.name, link) == ("sim", None)
    assert not list(tmp_path.iterdir())
