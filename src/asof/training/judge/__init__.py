"""How good a version is, beside what it is held against. Pure, but for the reading of a champion."""
