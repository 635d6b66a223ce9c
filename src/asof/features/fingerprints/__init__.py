"""Fingerprints: whether a column still means what it meant. Equal for SQL that says the same in other words."""
