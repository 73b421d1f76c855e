"""The API as the process it is: started on a runtime folder, says where it listens, ends well, refuses in words."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.api.client import ApiError, Client
from app.api.tokens import TokenFile
from app.session.api_worker import main, url_file
from app.session.runtime_folder import RuntimeFolder
from app.session.supervisor import REFUSED, words_of
from tests.api.made import NS, MadeBoard
from tests.api.serving import Authority
from tests.patience import eventually

FOR_EVER = 3000.0


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[RuntimeFolder]:
    """A runtime folder with a board and no control process."""
    found = RuntimeFolder(tmp_path / "runtime")
    found.create()
    board = MadeBoard(found.board)
    yield found
    board.close()


def _settings(tmp_path: Path, **api: str) -> Path:
    path = tmp_path / "s.toml"
    path.write_text("[api]\n" + "".join(f'{name} = "{value}"\n' for name, value in api.items()))
    return path


@pytest.mark.slow
def test_that_it_serves_until_it_is_told_to_end(folder: RuntimeFolder, tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    certificate, key = authority.issue("localhost")
    tokens = tmp_path / "tokens.json"
    settings = _settings(tmp_path, listen="localhost:0", certificate=str(certificate), key=str(key), tokens=str(tokens))
    _, token = TokenFile(tokens).add("alice", ["read", "act", "admin"], FOR_EVER, NS)
    command = [sys.executable, "-m", "app.session.api_worker", str(folder.path), str(settings)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            eventually(url_file(folder.path).exists, 60)
            with Client(url_file(folder.path).read_text(), token, ca=authority.file) as client:
                assert [parent["parent_id"] for parent in client.parents()] == ["P0", "P1", "P2", "P3"]
                assert client.parent("P0").value("filled_qty") == 20
                with pytest.raises(ApiError, match="control"):
                    client.kill("all")
            process.send_signal(signal.SIGTERM)
            assert process.wait(30) == 0
        finally:
            process.kill()
        said = process.stderr.read() if process.stderr else ""
    assert said == ""
    assert not url_file(folder.path).exists()
    assert "kill" in (folder.path / "api" / "unrecorded.jsonl").read_text()


@pytest.mark.parametrize(
    ("api", "said"),
    [
        ({"listen": "192.0.2.1:1", "certificate": "c.pem", "key": "c.key"}, "192.0.2.1:1"),
        ({"listen": "localhost:0", "certificate": "bad.pem", "key": "bad.pem"}, "bad.pem"), ({}, "api.listen is empty"),
        ({"listen": "localhost:0", "tokens": "bad.pem"}, "the tokens cannot be read"),
    ],
)  # fmt: skip
def test_that_what_it_cannot_serve_is_said_to_the_supervisor(
    folder: RuntimeFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, api: dict[str, str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    certificate, key = Authority(tmp_path).issue("c")
    assert (certificate.name, key.name) == ("c.pem", "c.key")
    (tmp_path / "bad.pem").write_text("no certificate")
    assert main([str(folder.path), str(_settings(tmp_path, **api))]) == REFUSED
    assert said in folder.last_words("api")


def test_that_the_supervisor_knows_how_to_start_it(folder: RuntimeFolder) -> None:
    words = words_of(folder, ("api",))["api"]
    assert words[1:] == ["-m", "app.session.api_worker", str(folder.path)]
