"""The warehouse: how it is reached, what dbt says is in it, and how its feature views are read."""
