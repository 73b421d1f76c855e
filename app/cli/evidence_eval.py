"""Commands that check the evidence: worlds with a known truth, fake orders on clean markets, thresholds on past flow.

Modules with the engine (Numba) are loaded by the commands that need them.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from app.cli.evidence import evidence, progress
from app.cli.words import worded
from app.engine.errors import SettingsError, complaint
from app.kernel_cache import cache_root, use_kernel_cache
from app.settings import load_settings

if TYPE_CHECKING:
    from app.engine.evidence.model import Model

ModelFile: TypeAlias = Annotated[
    Path | None, typer.Option("--model", help="A model file; else that of the settings.", metavar="FILE")
]
SettingsFile: TypeAlias = Annotated[Path | None, typer.Option("--settings", help="A settings file of yours (TOML).")]
Workers: TypeAlias = Annotated[int, typer.Option(min=1, max=64, help="Processes that share the work.")]


def model_of(file: Path | None, settings: Path | None = None) -> "Model":
    """The model of a file, else of the settings. Raises SettingsError where there is none."""
    use_kernel_cache()
    from app.engine.evidence.model import Model, load_model  # noqa: PLC0415 - numpy

    if file is not None:
        try:
            return load_model(file.read_bytes(), file.name)
        except OSError as error:
            raise SettingsError(complaint("evidence", "--model", str(file), "a file that can be read")) from error
    found = load_settings(settings).evidence.read()
    if not isinstance(found, Model):
        raise SettingsError(complaint("evidence", "--model", None, "a model file, here or in the settings"))
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class EvalWords:
    """What `evidence eval` is told."""

    worlds: Annotated[
        list[str] | None, typer.Argument(metavar="[WORLD...]", help="Only these cells; else all of the plan.")
    ] = None
    split: Annotated[str, typer.Option(help="test, or final for what is published.")] = "test"
    scale: Annotated[float, typer.Option(min=0.001, max=10.0, help="So many times the planned parents.")] = 1.0
    model: ModelFile = None
    settings: SettingsFile = None
    workers: Workers = 1
    keep: Annotated[Path | None, typer.Option(help="Folder of what is worked out; a second run goes on there.")] = None
    out: Annotated[Path | None, typer.Option(help="The page (Markdown); else it is printed.")] = None


@evidence.command("eval")
@worded(EvalWords)
def evaluate(words: EvalWords) -> None:
    """Judge the evidence by worlds whose truth is known, into a page of tables; goes on where it was stopped."""
    model = model_of(words.model, words.settings)
    from app.session.evidence_eval.page import Wanted, page_of  # noqa: PLC0415 - Numba

    wanted = Wanted(
        worlds=words.worlds or [], split=words.split, scale=words.scale, workers=words.workers,
        keep=words.keep or keep_folder(),
    )  # fmt: skip
    page = page_of(wanted, model, progress())
    if words.out is None:
        typer.echo(page)
        return
    try:
        words.out.write_text(page, "utf-8")
    except OSError as error:
        raise SettingsError(complaint("evidence eval", "--out", str(words.out), "a file to be written")) from error
    typer.echo(f"written to    {words.out}")


def keep_folder() -> Path:
    """Where evaluations are kept."""
    return cache_root() / "evaluation"
