"""The algo switch as a protocol machine: facts and time in, a new state and what is to be done out."""
