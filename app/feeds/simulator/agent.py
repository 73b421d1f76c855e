"""The leak agent: noticed one of our children (children.be_seen), it sells ahead of the next and thins the bids."""

from app.feeds.simulator.books import best_bid
from app.feeds.simulator.bound import inner
from app.feeds.simulator.cells import F_LEAK, LIT, P_ALERT, X_AGENT, Z_ALERT, Z_NOW, Z_TAKER, Floor
from app.feeds.simulator.children import press
from app.feeds.simulator.makers import pull
from app.feeds.simulator.trading import take


def _sell(m: Floor, size: int) -> None:
    """Sell at the best bid, no lower than the next level."""
    tick = best_bid(m)
    m.z[Z_ALERT] = m.z[Z_NOW] + m.p[P_ALERT]
    if tick < 0:
        return
    m.z[Z_TAKER] = 0
    left = size
    for venue in range(LIT):
        if left > 0 and m.best[2 * venue] == tick:
            left -= take(m, 2 * venue, left, tick - 1)
    if left < size:
        press(m, X_AGENT, F_LEAK, size - left, 1.0)


sell = inner(_sell)


def _fade(m: Floor) -> None:
    """Makers who follow the agent take one order off the best bid of each venue."""
    tick = best_bid(m)
    if tick < 0:
        return
    for venue in range(LIT):
        if m.best[2 * venue] == tick:
            pull(m, 2 * venue, tick, 0.0)


fade = inner(_fade)
