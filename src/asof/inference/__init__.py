"""Inference: from a feature view and a registered version to rows of a prediction table."""
