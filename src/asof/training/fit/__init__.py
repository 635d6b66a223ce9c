"""From an estimator as its file builds it to a fitted one."""
