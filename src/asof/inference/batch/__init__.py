"""Batch inference: scores the rows of a feature view that are due, and writes them to the prediction table."""
