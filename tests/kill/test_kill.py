"""A few kills: predictions, versions and the warehouse are whole after each, and the next run heals."""

from killing import Killing, run


def test_killed_at_random_moments(tmp_path):
    killing = Killing.prepared(tmp_path, seed=1)
    run(killing, kills=4)
    assert killing.ended["killed"] >= 4
