"""asof inside other tools."""
