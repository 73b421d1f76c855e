"""TotalView-ITCH 5.0 to market rows: the layout, the resting orders of a day, and the kernel that cuts and decodes."""
