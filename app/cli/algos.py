"""`scorecard algos FILE ...`: what a broker's FIXatdl file offers, or why it is refused; its forms as pictures."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from app.cli.words import app
from app.engine.errors import ScorecardError
from app.feeds.atdl import Algos, AlgoStrategy, Form, Moment, read_algos
from app.feeds.atdl.values import zone_of


@app.command()
def algos(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="FIXatdl 1.1 or 1.2 files of a broker.")],
    pictures: Annotated[Path | None, typer.Option(help="Draw each form as a PNG into this folder.")] = None,
    zone: Annotated[str, typer.Option(help="Time zone of times of day, as America/New_York.")] = "UTC",
) -> None:
    """Check FIXatdl files: strategies, parameters and rules, or the line and the reason a file is refused."""
    now = datetime.now(UTC)
    moment = Moment(now.astimezone(zone_of(zone)).date(), zone, now)
    refused = 0
    for path in files:
        try:
            found = read_algos(path)
        except ScorecardError as error:
            typer.echo(f"REFUSED {error}")
            refused += 1
            continue
        for line in _told(found):
            typer.echo(line)
        if pictures is not None:
            for name in _drawn(found, moment, pictures):
                typer.echo(f"  picture {name}")
    raise typer.Exit(1 if refused else 0)


def _told(found: Algos) -> list[str]:
    may = {True: "35=G may change it", False: "35=G may not change it", None: "cancel and enter anew to change it"}
    head = (
        f"{found.path}: FIXatdl {found.edition}, strategy in tag {found.strategy_tag}; {may[found.change_on_replace]}"
    )
    each = (
        f"  {one.name} ({one.title}) = {one.wire}: {_parameters(one)}; {len(one.rules)} rules"
        for one in found.strategies
    )
    return [head, *each, *(f"  note: {note}" for note in found.notes)]


def _parameters(one: AlgoStrategy) -> str:
    if not one.parameters:
        return "no parameters"
    said = []
    for name, told in one.parameters.items():
        tag = "957" if told.tag is None else str(told.tag)
        said.append(f"{name}{'*' if told.required else ''} {tag} {told.kind}")
    return ", ".join(said)


def _drawn(found: Algos, moment: Moment, folder: Path) -> list[str]:
    from app.desk import picture_of_form  # noqa: PLC0415 - Qt, where a form is drawn
    from app.desk_atdl import AtdlPaper  # noqa: PLC0415 - beside it

    folder.mkdir(parents=True, exist_ok=True)
    names = []
    for number, one in enumerate(found.strategies):
        stem = found.path.removesuffix(".xml")
        path = folder / f"{stem}-{number + 1}.png"
        picture_of_form(AtdlPaper(Form(one, moment, {}), {}), path)
        names.append(path.name)
    return names
