"""The pure core: no Qt, no I/O, no clock, no threads, no logging, no environment."""
