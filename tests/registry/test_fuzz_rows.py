"""Damaged rows of the registry, a few in each push; `fuzz_rows.py` takes as many as one likes."""

from fuzz_rows import fuzz, prepare


def test_what_is_damaged_is_refused_or_done(toy, prepared):
    prepared(prepare)
    found = fuzz(toy, 5, seed=1)
    assert set(found) <= {"done", "refused"}, found
    assert found.total() == 35
