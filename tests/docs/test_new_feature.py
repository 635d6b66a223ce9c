"""docs/new_feature.md, typed into the reference system: every file, every edit and every command as they stand there."""

import re
from pathlib import Path

import pytest
from flights_slice import END, START

PAGE = Path(__file__).parents[2] / "docs/new_feature.md"
# the line before which an addition goes, as the page's sentences say
BEFORE = {
    "sql": "            asof.features(ref('aircraft_arrivals')",
    "yml": "      - name: last_arrival_delay_minutes\n",
}


@pytest.fixture(scope="module")
def extended(promoted_flights, tmp_path_factory):
    project = promoted_flights.copy(tmp_path_factory.mktemp("extended") / "project")
    text = PAGE.read_text()
    files = re.findall(r"\*\*`([^`]+)`\*\*\n\n```\w+\n(.*?)```", text, flags=re.DOTALL)
    additions = re.findall(r"\*\*In `([^`]+)`\*\*\n\n```\w+\n(.*?)```", text, flags=re.DOTALL)
    (commands,) = re.findall(r"```bash\n(.*?)```", text, flags=re.DOTALL)
    build, train = commands.splitlines()
    assert (len(files), len(additions)) == (2, 2)
    for name, content in files:
        (project.root / name).write_text(content)
    for name, content in additions:
        path, mark = project.root / name, BEFORE[name.rsplit(".", maxsplit=1)[1]]
        before, after = path.read_text().split(mark)
        path.write_text(before + content + mark + after)
    clock, *arguments = build.split()
    assert clock == "ASOF_NOW=2013-11-08"
    project.run(*arguments, ASOF_NOW=START.isoformat())
    project.run(*train.replace("2013-11-08", START.isoformat()).split())
    return project


def test_the_feature_is_what_it_says(extended):
    """Beside it, for each flight, the arrivals of the day before it was asked, counted one by one."""
    rows = extended.sql("""
        with counted as (
            select
                view.flight_id,
                count(*) as arrivals,
                avg(arrived.arrival_delay_minutes) as delay
            from features.flight_delay_features as view
            inner join staging.base_flights as arrived on
                view.destination = arrived.destination
                and arrived.arrived_at <= view.predicted_at
                and arrived.arrived_at > view.predicted_at - interval '1 day'
            group by view.flight_id
        )

        select destination_arrivals_1d, arrivals, destination_mean_arrival_delay_1d, delay
        from features.flight_delay_features left join counted using (flight_id)
    """)
    assert len(rows) > 25_000
    assert sum(found is not None and found > 10 for found, *_ in rows) > 10_000
    for found, counted, mean, delay in rows:
        assert (found or 0) == (counted or 0)
        assert mean == (None if delay is None else pytest.approx(delay, abs=1e-9))


def test_the_next_version_learns_from_it_and_the_champion_goes_on(extended):
    learned = extended.sql("select version from ml.model_features where feature like 'destination_late%' order by 1")
    assert learned == [(2,)]
    extended.build(END)
    said = extended.run("asof", "predict", "flight_delay", "--now", END.isoformat())
    assert "rows scored by version 1 (champion)" in said
