"""`asof replay`: builds a feature view as it would have been built in the past, and compares it with today's."""
