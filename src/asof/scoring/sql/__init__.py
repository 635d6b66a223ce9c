"""A fitted estimator as SQL that any engine can run; what it is made of that SQL cannot compute is refused by name."""
