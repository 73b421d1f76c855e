"""The control process for a command line: what it says in sentences, and the exit code."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Final

from app.control.asks import OrderState
from app.control.audit import verify
from app.control.client import ControlClient, ControlError
from app.engine.switch.facts import Target
from app.engine.switch.guard import Wish

UNSENT: Final = "nothing was sent; with --confirm it is"


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


def orders_told(runtime: Path) -> tuple[int, list[str]]:
    """Every order of the running session and where it stands, what is killed, whether the line is up."""

    def look(client: ControlClient) -> list[str]:
        found = client.states()
        said = [_line(order) for order in found.orders] or ["no order is known"]
        said += [f"killed: {scope}; `scorecard release {scope}` lets new requests out again" for scope in found.kills]
        return [*said, "logged on" if found.online else "not logged on: nothing reaches the broker"]

    return _asked(runtime, look)


def cancelled(runtime: Path, order_id: str, *, confirm: bool) -> tuple[int, list[str]]:
    """Cancel one order, only when `confirm`; needs neither engine nor desk nor API."""

    def act(client: ControlClient) -> list[str]:
        said = [_line(order) for order in client.states().orders if order.order_id == order_id]
        if not said:
            raise ControlError(f"order = {order_id!r} is not known; `scorecard orders` lists those that are")
        return [*said, client.cancel(order_id) if confirm else UNSENT]

    return _asked(runtime, act)


def killed(runtime: Path, scope: str, *, confirm: bool) -> tuple[int, list[str]]:
    """Cancel everything in a scope and block what is new, only when `confirm`; needs neither engine, desk nor API."""

    def act(client: ControlClient) -> list[str]:
        if confirm:  # first the kill: a look may fail
            return [client.kill(scope), *[_line(order) for order in client.states().orders if _meant(order, scope)]]
        return [*[_line(order) for order in client.states().orders if _meant(order, scope)], UNSENT]

    return _asked(runtime, act)


def released(runtime: Path, scope: str) -> tuple[int, list[str]]:
    """Let new requests of a killed scope out again."""
    return _asked(runtime, lambda client: [client.release(scope)])


def _asked(runtime: Path, act: Callable[[ControlClient], list[str]]) -> tuple[int, list[str]]:
    with closing(ControlClient(runtime)) as client:
        try:
            return 0, act(client)
        except ControlError as error:
            return 1, [str(error)]


def _line(order: OrderState) -> str:
    alarm = f" [{order.alarm}]" if order.alarm else ""
    done = f"{order.cum} of {order.qty} done, {order.leaves} left"
    return f"{order.order_id} ({order.parent_id}, {order.instrument}, {order.algo}): {done}; {order.words}{alarm}"


def _meant(order: OrderState, scope: str) -> bool:
    """Whether a kill of the scope may mean an order; whose it is only the control process knows."""
    what, _, name = scope.partition(":")
    of = {"parent": order.parent_id, "order": order.order_id, "instrument": order.instrument}
    return of.get(what, name) == name
