"""The screen: looks at the board, paints what it says, computes nothing of its own."""
