"""Random projects in steps, in full and by the rule in plain Python; `random_projects.py` runs as many as one likes."""

from random_projects import run


def test_in_steps_and_in_full_is_one_table():
    assert run(12, seed=5) == []
