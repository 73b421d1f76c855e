"""Settings of the API: never a token in the clear beyond this machine, files that are there, an address that is one."""

from pathlib import Path

import pytest

from app.cli.opening import roles_of
from app.engine.errors import SettingsError
from app.session.runtime_folder import Session
from app.settings import load_settings
from app.settings_api import Place, place_of


def _settings(tmp_path: Path, api: str) -> Path:
    path = tmp_path / "settings.toml"
    path.write_text(f"[api]\n{api}\n")
    return path


@pytest.mark.parametrize(
    ("text", "place", "loopback"),
    [
        ("127.0.0.1:8443", Place("127.0.0.1", 8443), True), ("[::1]:0", Place("::1", 0), True),
        ("localhost:80", Place("localhost", 80), True), ("0.0.0.0:8443", Place("0.0.0.0", 8443), False),
        ("desk.firm:443", Place("desk.firm", 443), False),
    ],
)  # fmt: skip
def test_that_an_address_is_read(text: str, place: Place, loopback: bool) -> None:
    assert place_of(text) == place
    assert place.loopback is loopback


@pytest.mark.parametrize("text", ["", "8443", "host", "host:", "host:99999", "::1:80", "a b:80"])
def test_that_what_is_no_address_is_none(text: str) -> None:
    assert place_of(text) is None


@pytest.mark.parametrize(
    ("api", "said"),
    [
        ('listen = "here"', "api.listen"), ('listen = "0.0.0.0:8443"', "tokens never travel in the clear"),
        ('certificate = "x.pem"', "api.key"), ('clients = "ca.pem"', "api.clients"), ("rate = 0", "api.rate"),
        ('listen = "127.0.0.1:1"\ncertificate = "none.pem"\nkey = "none.key"', "none.pem"),
        ('key_password = "secret"', "env:VARIABLE"), ("body_bytes = 1", "api.body_bytes"), ("colour = 1", "colour"),
    ],
)  # fmt: skip
def test_that_a_wrong_key_is_refused_naming_it(tmp_path: Path, api: str, said: str) -> None:
    path = _settings(tmp_path, api)
    with pytest.raises(SettingsError, match=r"settings\.toml") as refused:
        load_settings(path, {})
    assert said in str(refused.value)


def test_that_the_api_is_started_where_it_has_an_address_and_nowhere_else(tmp_path: Path) -> None:
    session = Session(world="tech", desk=False)
    assert "api" not in roles_of(session)
    path = _settings(tmp_path, 'listen = "127.0.0.1:0"')
    assert "api" in roles_of(Session(world="tech", desk=False, settings=str(path)))


def test_that_with_a_certificate_it_may_listen_anywhere(tmp_path: Path) -> None:
    for name in ("a.pem", "a.key"):
        (tmp_path / name).write_text("")
    words = f'listen = "0.0.0.0:8443"\ncertificate = "{tmp_path}/a.pem"\nkey = "{tmp_path}/a.key"'
    assert load_settings(_settings(tmp_path, words), {}).api.place == Place("0.0.0.0", 8443)
