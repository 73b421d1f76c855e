"""`scorecard algos`: what a broker's file offers, or the line and the reason it is refused; its forms drawn."""

from pathlib import Path

import pytest
from PySide6.QtGui import QImage
from typer.testing import CliRunner

from app.cli import entry  # noqa: F401  every command is known once it is loaded
from app.cli.words import app
from tests.feeds.atdl.files import strategy, text_of

PARAMETER = '<Parameter name="P" xsi:type="Int_t" fixTag="9001" use="required"/>'
CONTROL = '<lay:Control ID="c" xsi:type="lay:TextField_t" parameterRef="P" label="Number"/>'


def test_that_a_file_is_told_strategy_by_strategy(tmp_path: Path) -> None:
    (tmp_path / "b.xml").write_bytes(text_of(strategy(PARAMETER, CONTROL)))
    done = CliRunner().invoke(app, ["algos", str(tmp_path / "b.xml")])
    assert done.exit_code == 0
    assert "b.xml: FIXatdl 1.1, strategy in tag 847; cancel and enter anew to change it" in done.output
    assert "A (Algo A) = 1: P* 9001 Int; 0 rules" in done.output


def test_that_a_refused_file_is_named_and_the_others_told(tmp_path: Path) -> None:
    (tmp_path / "bad.xml").write_bytes(b"<a>\n")
    (tmp_path / "good.xml").write_bytes(text_of(strategy()))
    done = CliRunner().invoke(app, ["algos", str(tmp_path / "bad.xml"), str(tmp_path / "good.xml")])
    assert done.exit_code == 1
    assert "REFUSED bad.xml line 2, column 1: no element found" in done.output
    assert "good.xml: FIXatdl 1.1" in done.output


@pytest.mark.window
def test_that_each_form_is_drawn(tmp_path: Path, qapp: object) -> None:
    (tmp_path / "b.xml").write_bytes(text_of(strategy(PARAMETER, CONTROL)))
    done = CliRunner().invoke(app, ["algos", str(tmp_path / "b.xml"), "--pictures", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    picture = QImage(str(tmp_path / "out" / "b-1.png"))
    assert picture.width() > 100
    assert len({picture.pixel(x, y) for x in range(0, picture.width(), 3) for y in range(0, picture.height(), 3)}) > 2
