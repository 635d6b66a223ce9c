"""Features, seen from outside of dbt: what their SQL says, checked by reading it and by running it again."""
