"""Leakage Scorecard: execution monitoring that tells the cost of volatility from the cost of our own signals."""

__version__ = "0.1.0"
