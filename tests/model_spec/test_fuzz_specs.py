"""Damaged specs, profiles and project files, a few in each push; `fuzz_specs.py` takes as many as one likes."""

from fuzz_specs import fuzz


def test_what_is_damaged_is_refused_or_read(toy):
    found = fuzz(toy, 40, seed=1)
    assert set(found) == {"read", "refused"}, found
    assert found["refused"] >= 10
