"""How a fitted estimator becomes scores, in Python, as a function in DuckDB, and as SQL; and that these agree."""
