"""Evaluation of the evidence: worlds whose truth is known through the real engine, and how often it was right."""
