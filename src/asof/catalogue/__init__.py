"""The catalogue: which features there are, who uses them, and how everything hangs together."""
