"""The warehouse: how it is opened, read and written to."""
