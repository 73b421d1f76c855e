"""The control process: owns what is under way at the broker, its deadlines, the guard and the audit; desks only ask."""
