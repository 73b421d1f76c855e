"""Evidence: is what followed our own events more than what follows matched moments at which we did nothing?"""
