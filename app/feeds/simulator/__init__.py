"""The market simulator: a closed-loop market, our algos in it, and the EMS they answer to."""
