"""`asof plan`: what a change of dbt models means for the columns of feature views, and for the models trained on them."""
