"""Leaks: found by reading the SQL (`asof lint`) and by building a view as it was in the past (`asof replay`)."""
