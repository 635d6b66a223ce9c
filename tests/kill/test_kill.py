"""A few kills: predictions, versions and the warehouse are whole after each, and the next run heals."""

import pytest
from killing import Killing, run

pytestmark = pytest.mark.slow


def test_killed_at_random_moments(tmp_path):
    killing = Killing.prepared(tmp_path, seed=1)
    run(killing, kills=4)
    assert killing.ended["killed"] >= 4
