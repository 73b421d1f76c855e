"""A stand-in for a kdb+ tickerplant: real sockets and real q IPC bytes, no kdb+ and none of its code."""
