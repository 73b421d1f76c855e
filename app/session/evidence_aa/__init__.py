"""A/A: parents that do not exist on a market that does; whatever the evidence says of them is a false alarm."""
