"""From rows to results: routing, the loop, the journal, the files; the lowest layer that may read a clock."""
