"""The control process for a command line: what it says in sentences, and the exit code."""

from pathlib import Path

from app.control.audit import verify
from app.control.client import ControlClient, ControlError
from app.engine.switch.facts import Target
from app.engine.switch.guard import Wish


def audit_verified(path: Path) -> tuple[int, list[str]]:
    """Exit code and sentences about an audit log: 0 when nothing is wrong. Raises FeedError when it cannot be read."""
    lines, problems = verify(path)
    if problems:
        return 1, [f"{path} line {problem.line}: {problem.what}" for problem in problems]
    return 0, [f"{path}: {lines} lines, the chain holds"]


def switched(
    runtime: Path, parent_id: str, strategy: str, params: dict[str, str], *, confirm: bool
) -> tuple[int, list[str]]:
    """Pre-flight of a switch of a parent's algo order, sent only when `confirm`: exit code and sentences."""
    client = ControlClient(runtime)
    try:
        order = client.menu(parent_id).order
        wish = Wish(
            action="switch",
            order_id=order.order_id,
            version=order.version,
            target=Target(strategy=strategy, params=params),
        )
        found = client.preflight(wish)
        said = [f"{order.order_id}: {order.algo} to {strategy}, {order.leaves} left, 35={found.message}"]
        said += [
            f"  tag {tag.tag} {tag.name}: {tag.before} -> {tag.after}" for tag in found.tags if tag.before != tag.after
        ]
        said += [f"  {check.verdict:<4} {check.name}: {check.words}" for check in found.checks]
        if not confirm:
            return 0, [*said, "nothing was sent"]
        return 0, [*said, client.confirm(found.token)]
    except ControlError as error:
        return 1, [str(error)]
    finally:
        client.close()
