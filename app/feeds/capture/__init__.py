"""`scorecard capture`: frames of a file or a live interface, TCP put together, FIX or ITCH cut out, stamped in ns."""
