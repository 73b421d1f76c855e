"""Commands over the audit log: export of its lines, evidence pack of a decision."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

import typer

from app.cli.opening import Runtime
from app.cli.switching import AUDIT
from app.control.audit import verify
from app.control.decisions import lines_of, spreadsheet
from app.engine.errors import SettingsError, complaint
from app.engine.units import SECOND
from app.session.runtime_folder import RuntimeFolder, default_folder

Since = Annotated[str | None, typer.Option("--since", help="Only from this wall time on: 2026-03-02T14:30 (UTC).")]


@AUDIT.command()
def export(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="The audit log of a session.")],
    out: Annotated[Path | None, typer.Option(help="Into this file; to the screen where not given.")] = None,
    form: Annotated[str, typer.Option("--as", help="csv or jsonl.")] = "csv",
    since: Since = None,
) -> None:
    """Its lines for others to read; says whether the chain holds, and ends with 1 when it does not."""
    chosen = _form(form)
    first = _ns(since) if since is not None else 0
    lines = [line for line in lines_of(path) if int(line.entry.get("wall_ns", 0)) >= first]
    text = spreadsheet(lines) if chosen == "csv" else "".join(line.raw.decode() + "\n" for line in lines)
    if out is None:
        typer.echo(text, nl=False)
    else:
        out.write_text(text, "utf-8")
    _, problems = verify(path)
    for problem in problems:
        typer.echo(f"{path} line {problem.line}: {problem.what}", err=True)
    typer.echo(f"{len(lines)} lines; the chain {'is broken' if problems else 'holds'}", err=True)
    if problems:
        raise typer.Exit(1)


@AUDIT.command("pack")
def packed(
    name: Annotated[str, typer.Argument(metavar="ID", help="Line number, request id, ClOrdID or OrderID.")],
    out: Annotated[Path, typer.Option(help="A folder, or the zip's name.")] = Path(),
    runtime: Runtime = None,
) -> None:
    """Everything about one decision in one zip: checks, screen, messages, data, replay; its hash is audited."""
    from app.session.decision_pack import pack  # noqa: PLC0415 - the board, and with it numpy

    found = pack(RuntimeFolder(runtime or default_folder()), name, out)
    typer.echo(f"{found.path}: sha256 {found.sha256}, {found.audited}")
    for words in found.missing:
        typer.echo(f"missing: {words}")


def _form(text: str) -> Literal["csv", "jsonl"]:
    if text == "csv":
        return "csv"
    if text == "jsonl":
        return "jsonl"
    raise SettingsError(complaint("audit export", "--as", text, "csv, jsonl"))


def _ns(text: str) -> int:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        allowed = "a time such as 2026-03-02T14:30, in UTC where it does not say"
        raise SettingsError(complaint("audit export", "--since", text, allowed)) from None
    moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return round(moment.timestamp()) * SECOND
