"""Commands of the evidence model: fit one, list the versions of a folder, use another.

Modules with the engine (Numba) are loaded by the commands that need them.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, TypeAlias

import typer

from app.cli.evidence import evidence
from app.cli.words import worded
from app.kernel_cache import cache_root, use_kernel_cache
from app.settings import RESOURCES

SHIPPED: Final = RESOURCES / "evidence"
Folder: TypeAlias = Annotated[
    Path, typer.Option("--folder", help="A folder of models; the shipped ones where not given.", metavar="FOLDER")
]


@dataclass(frozen=True, slots=True, kw_only=True)
class FitWords:
    """What `evidence fit` is told."""

    out: Annotated[
        Path, typer.Option(help="A file NAME.model; or a folder, whose next version it becomes and is then in use.")
    ]
    worlds: Annotated[
        list[str] | None, typer.Option("--world", help="A world to fit on, by name or file; may be repeated.")
    ] = None
    parents: Annotated[int, typer.Option(min=8, help="Parents played of each world.")] = 48
    placebos: Annotated[int, typer.Option(min=1, help="Episodes of each clean world that placebos are drawn from.")] = 1
    samples: Annotated[int, typer.Option(min=1, help="Episodes of each clean world that kernels are fitted on.")] = 1
    first: Annotated[int, typer.Option(min=0, help="Number of the first seed, of the fit split.")] = 0
    history: Annotated[
        list[Path] | None,
        typer.Option(help="A recording of your own, for kernels and placebos of its instruments; may be repeated."),
    ] = None
    keep: Annotated[
        Path | None, typer.Option(help="Folder for what was played: a fit that is stopped goes on from there.")
    ] = None
    workers: Annotated[int, typer.Option(min=1, max=2, help="Processes that share the work.")] = 1


@evidence.command("fit")
@worded(FitWords)
def fit_model(words: FitWords) -> None:
    """Fit a model on worlds of known truth, and on your own recordings: kernels, placebos, weights, sizes."""
    use_kernel_cache()
    from app.feeds.simulator.evidence import load_world  # noqa: PLC0415 - Numba
    from app.session.evidence.fitting import WORLDS, FitPlan, fit  # noqa: PLC0415 - Numba
    from app.session.evidence.versions import write_version  # noqa: PLC0415 - numpy

    plan = FitPlan(
        name=words.out.stem,
        worlds=tuple(load_world(name) for name in words.worlds or WORLDS),
        folder=words.keep or cache_root() / "evidence-fit",
        parents=words.parents,
        placebos=words.placebos,
        samples=words.samples,
        first=words.first,
        workers=words.workers,
        history=tuple(words.history or ()),
    )
    fitted = fit(plan, lambda line: typer.echo(line, err=True))
    file = write_version(words.out, fitted.model, fitted.card)
    for line in fitted.lines():
        typer.echo(line)
    typer.echo(f"model         {fitted.model.hash[:12]}")
    typer.echo(f"written to    {file}")


@evidence.command("models")
def list_models(folder: Folder = SHIPPED) -> None:
    """List the models of a folder: which is in use, its hash, what it was fitted on."""
    from app.session.evidence.versions import versions  # noqa: PLC0415 - numpy

    for version in versions(folder):
        mark = "*" if version.active else " "
        card = version.card
        about = version.problem or f"{len(card.get('worlds', {}))} worlds, {card.get('parents', '?')} parents each"
        typer.echo(f"{mark} {version.name:<16} {version.hash[:12]:<12} {about}")


@evidence.command("use")
def use_model(
    version: Annotated[str, typer.Argument(metavar="VERSION", help="A version of the folder.")],
    folder: Annotated[Path, typer.Option("--folder", help="A folder of models.", metavar="FOLDER")],
) -> None:
    """Use another version of a folder from the next start on; runs that are under way keep theirs."""
    from app.session.evidence.versions import use  # noqa: PLC0415 - numpy

    used = use(folder, version)
    typer.echo(f"{used.name} {used.hash[:12]} is in use where settings say model = {str(folder)!r}")
