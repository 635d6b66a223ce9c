"""Runs that are no plain build: retry, clone, defer, and two at once. Each ends with the right table, or is refused."""

import shutil
from concurrent.futures import ThreadPoolExecutor

import pytest
from cases import FACTS, QUESTIONS

CLOCK = "2024-05-01T17:00:00Z"
REFUSED = "asof.feature_view: known would be built without"


@pytest.fixture
def rule(each_engine):
    each_engine.fill(questions=list(QUESTIONS), **FACTS)
    return each_engine


def words(done):
    return " ".join(done.stdout.split())


def test_retry_after_a_failure(rule):
    """What did not fail is not built again, and may be out of date by then."""
    leases = rule.root / "models/parts/leases.sql"
    text = leases.read_text()
    leases.write_text(text + " and no_such_column")
    assert rule.dbt("run", "--select", "+known", now=CLOCK).returncode == 1
    leases.write_text(text)
    done = rule.dbt("retry", now=CLOCK)
    assert done.returncode == 1
    assert REFUSED in words(done)
    assert rule.dbt("run", "--select", "+known", now=CLOCK).returncode == 0


def test_parents_of_another_environment(rule):
    assert rule.dbt("run", "--select", "+known", now=CLOCK).returncode == 0
    state = rule.root / "state"
    shutil.copytree(rule.root / "target", state, dirs_exist_ok=True)
    done = rule.dbt("run", "--select", "known", "--defer", "--state", "state", now=CLOCK)
    assert (done.returncode, REFUSED in words(done)) == (1, True)


def test_a_clone_is_taken_for_no_build(each_engine):
    """On DuckDB a clone is a view of the original: the next build makes a table of its own."""
    if each_engine.engine.name != "duckdb":
        return
    each_engine.fill(questions=list(QUESTIONS), **FACTS)
    assert each_engine.dbt("run", "--select", "+known", "--full-refresh", now="2024-05-01T12:00:00Z").returncode == 0
    shutil.copytree(each_engine.root / "target", each_engine.root / "state", dirs_exist_ok=True)
    cloned = each_engine.dbt("clone", "--select", "+known", "--state", "state", "--target", "other", now=CLOCK)
    assert cloned.returncode == 0, cloned.stdout
    assert each_engine.sql("select count(*) from other.known") == [(5,)]
    assert each_engine.sql("select target from ml.view_builds group by all") == [("duckdb",)]
    built = each_engine.dbt("run", "--select", "+known", "--target", "other", now=CLOCK)
    assert built.returncode == 0, built.stdout
    assert each_engine.sql("select id from other.known order by id") == [
        (number,) for number, _, _, asked in sorted(QUESTIONS) if asked <= "2024-05-01 17:00:00+00"
    ]
    assert each_engine.sql("select count(*) from main.known") == [(5,)], "the original is as it was"


def test_two_builds_of_a_view_at_once(rule):
    """Its parents are there; on DuckDB the second process finds the file locked, on PostgreSQL it waits for the first."""
    assert rule.dbt("run", "--select", "+known", "--full-refresh", now="2024-05-01T12:00:00Z").returncode == 0
    assert rule.dbt("run", "--select", "+known", "--exclude", "known", now=CLOCK).returncode == 0
    expected = sorted(number for number, _, _, asked in QUESTIONS if asked <= "2024-05-01 17:00:00+00")
    for _ in range(3):
        rule.execute("delete from known where id > 4")
        with ThreadPoolExecutor(2) as both:
            done = list(
                both.map(lambda _: rule.dbt("run", "--select", "known", now=CLOCK, asof_partial_builds=True), range(2))
            )
        codes = [each.returncode for each in done]
        assert 0 in codes if rule.engine.name == "duckdb" else codes == [0, 0], [words(each) for each in done]
        assert all(each.returncode == 0 or "lock" in each.stdout for each in done), [words(each) for each in done]
        assert [number for (number,) in rule.sql("select id from known order by id")] == expected
