"""kdb+: a tickerplant's tables followed live, and the real-time store that scorecards are written to."""
