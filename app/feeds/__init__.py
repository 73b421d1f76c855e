"""Feeds: adapters from the outside world to facts; each stands alone and imports no other feed."""
