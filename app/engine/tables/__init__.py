"""Output tables: parents, fills, children and versions as columns of plain values, undefined = None."""
