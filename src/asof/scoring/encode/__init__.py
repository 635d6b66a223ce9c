"""Columns as the float32 matrix that trees read: recognised once and filled once, for fitting and for scoring alike."""
