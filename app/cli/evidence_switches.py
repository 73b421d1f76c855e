"""`scorecard evidence fit-switches`: what a model says of switches, fitted on planted ones."""

from pathlib import Path
from typing import Annotated

import typer

from app.cli.evidence import evidence, progress
from app.cli.evidence_eval import ModelFile, model_of
from app.cli.evidence_fit import SHIPPED


@evidence.command("fit-switches")
def fit_switches(
    out: Annotated[Path, typer.Option(help="The model file to write.", metavar="FILE")],
    model: ModelFile = None,
    episodes: Annotated[int, typer.Option(min=1, max=10_000, help="Episodes of each world.")] = 12,
    first: Annotated[int, typer.Option(min=0, help="Number of the first seed of the fit split.")] = 40_000,
) -> None:
    """Fit the saving of switches on worlds with planted ones and write the model with it."""
    made = model_of(model)
    from app.feeds.simulator.evidence import seeds_of  # noqa: PLC0415 - numpy
    from app.session.evidence.versions import card_beside, write_model  # noqa: PLC0415 - numpy
    from app.session.evidence_switches import WORLDS, fitted, planted, with_switches  # noqa: PLC0415 - Numba

    found = planted(made, WORLDS, seeds_of("fit", first, episodes), progress("episodes"))
    switch = fitted(found)
    changed = with_switches(made, switch)
    card = card_beside(model or SHIPPED / "default.model")
    told = f"scorecard evidence fit-switches --episodes {episodes} --first {first}"
    card |= {
        "hash": changed.hash, "commands": [*card.get("commands", ()), told],
        "switches": {"orders": len(found), "worlds": WORLDS, "episodes": episodes, "first_seed": first},
    }  # fmt: skip
    write_model(out, changed, card)
    typer.echo(f"{len(found)} switched orders; weights {', '.join(f'{value:.3f}' for value in switch[:5])}; interval "
               f"-{switch[5]:.2f} to +{switch[6]:.2f} times (0.5 + projection)")  # fmt: skip
    typer.echo(f"model {changed.hash[:12]} in {out}")
