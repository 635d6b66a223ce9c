"""Each kind of leak, seeded into a copy of the reference system: which the linter finds, and which the replay.

The table in docs/leaks.md says so; it is read here and must be true in every cell.
"""

import re
import shutil
from pathlib import Path

import pytest
from flights_slice import END, START

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs/leaks.md"
# In the middle of a busy day, and of a night
MOMENTS = ("2013-10-18T17:40:00Z", "2013-11-01T02:10:00Z")


def documented() -> dict[str, tuple[set[str], bool]]:
    """Of each seeded leak, the rules that find it, and whether the replay does."""
    rows = re.findall(r"^\| `(\w+)` \|[^|]*\| ([^|]*) \| ([^|]*) \|$", PAGE.read_text(), flags=re.MULTILINE)
    return {name: (set(re.findall(r"`([\w-]+)`", rules)), replay.strip() == "yes") for name, rules, replay in rows}


@pytest.fixture(scope="module")
def leaky(promoted_flights, tmp_path_factory):
    project = promoted_flights.copy(tmp_path_factory.mktemp("leaky") / "project")
    shutil.copytree(HERE / "leaky", project.root / "dbt_project/models/leaky")
    config = project.root / "dbt_project/dbt_project.yml"
    config.write_text(
        config.read_text().replace(
            "    staging:\n", "    leaky: {+schema: features, +materialized: table}\n    staging:\n"
        )
    )
    about_the_real_view = ("--exclude", "assert_every_due_flight_is_in_the_view")
    project.build(END, "--select", "+leaky_features", "+surviving_features", *about_the_real_view)
    return project


@pytest.fixture(scope="module")
def linted(leaky):
    code, result = leaky.check(END, "lint", "leaky_features", "surviving_features")
    assert code == 1
    return [found for found in result["findings"] if not found["waived"]]


@pytest.fixture(scope="module")
def replayed(leaky):
    moments = [part for moment in MOMENTS for part in ("--at", moment)]
    code, result = leaky.check(END, "replay", "leaky_features", *moments)
    assert code == 1
    return result["moments"]


def test_the_table_is_about_every_seeded_leak():
    groups = {path.stem for path in (HERE / "leaky").glob("*.sql")} - {
        "leaky_features",
        "surviving_features",
        "leaky_departures",
    }
    assert set(documented()) == groups | {"label_in_the_view", "only_what_departed"}


@pytest.mark.parametrize("leak", documented())
def test_the_linter_finds_what_the_table_says(linted, leak):
    view = "surviving_features" if leak == "only_what_departed" else "leaky_features"
    found = {
        finding["rule"]
        for finding in linted
        if finding["view"] == view and (leak in finding["features"] or leak == "only_what_departed")
    }
    assert found == documented()[leak][0]


@pytest.mark.parametrize("leak", [leak for leak in documented() if leak != "only_what_departed"])
def test_the_replay_finds_what_the_table_says(replayed, leak):
    differences = [found for moment in replayed for found in moment["differences"] if found["column"] == leak]
    assert bool(differences) == documented()[leak][1]
    for found in differences:
        assert found["rows"] > 0
        assert found["first"] in (leak, None)
        assert found["first"] == leak or leak == "label_in_the_view"
        for example in found["examples"]:
            assert example["then"] != example["today"]


def test_rows_that_are_there_for_what_came_later(leaky):
    code, result = leaky.check(END, "replay", "surviving_features", "--at", MOMENTS[0])
    (moment,) = result["moments"]
    assert code == 1
    # flights that were asked about within two hours before, and left after the moment
    expected = leaky.sql(f"""
        select count(*) from staging.base_flights
        where scheduled_departure_at - interval '2 hours' <= timestamptz '{MOMENTS[0]}'
            and departed_at > timestamptz '{MOMENTS[0]}' and departed_at <= timestamptz '{END}'
    """)
    assert moment["only_today"] == expected[0][0] > 50
    assert (moment["only_then"], moment["differences"]) == (0, [])
    assert documented()["only_what_departed"][1]


def test_the_reference_system_itself_lints_and_replays_clean(promoted_flights):
    now = ("--now", START.isoformat())
    said = promoted_flights.run("asof", "lint", "--strict", *now)
    assert said.splitlines()[-1] == "flight_delay_features: 52 columns read, 0 errors, 0 warnings, 4 waived"
    said = promoted_flights.run("asof", "replay", "flight_delay", "--at", MOMENTS[0], *now)
    rows = promoted_flights.sql(
        f"select count(*) from features.flight_delay_features where predicted_at <= timestamptz '{MOMENTS[0]}'"
    )[0][0]
    assert said == (
        f"flight_delay_features as of 2013-10-18 17:40 UTC: {rows:,} rows, all 47 columns as they were then\n"
    )
