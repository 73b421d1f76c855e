"""The [ems] table: what a session needs is there, in words where it is not."""

from pathlib import Path

import pytest

from app.engine.errors import SettingsError
from app.settings import load_settings

GOOD = '[ems]\nhost = "ems.firm"\nsender = "US"\ntarget = "EMS"\n'


def loaded(tmp_path: Path, text: str) -> object:
    """The table of a settings file."""
    path = tmp_path / "mine.toml"
    path.write_text(text)
    return load_settings(path, {}).ems


def test_that_a_session_needs_little(tmp_path: Path) -> None:
    found = load_settings(None, {}).ems
    assert found.host == ""
    assert loaded(tmp_path, GOOD) != found


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[ems]\nhost = "x"\ntarget = "EMS"\n', "ems.sender.*CompID"),
        ('[ems]\nhost = "x"\nsender = "US"\n', "ems.target.*CompID"),
        (GOOD + "port = 70000\n", "ems.port"),
        (GOOD + 'version = "FIX.4.3"\n', "ems.version.*FIX.4.2 or FIX.4.4 or FIX.5.0SP2"),
        (GOOD + "tls = true\n", "ems.ca.*nobody checks"),
        (GOOD + 'tls = true\nca = "a"\nkey = "k"\n', "ems.key"),
        (GOOD + 'session_start = "06:00:00"\n', "ems.session_end"),
        (GOOD + 'session_start = "6 am"\n', "ems.session_start"),
        (GOOD + "groups = { abc = [1] }\n", "ems.groups.*counting tag"),
        (GOOD + "hort = 1\n", "ems.hort"),
    ],
)
def test_that_what_is_wrong_is_named(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=said) as caught:
        loaded(tmp_path, text)
    assert "mine.toml" in str(caught.value)


def test_that_a_password_is_a_reference_and_never_shown(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"ems\.password") as caught:
        loaded(tmp_path, GOOD + 'password = "correct-horse"\n')
    assert "correct-horse" not in str(caught.value)
