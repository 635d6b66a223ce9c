"""Metrics: what is measured of a model, in Python and in SQL."""
