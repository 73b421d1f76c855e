"""Rules that may switch an algo: a small safe grammar over the columns of a parent, held, counted, explained."""
