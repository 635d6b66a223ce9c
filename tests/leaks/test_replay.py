"""The replay on a small project: leaks in relations of every kind, and what it refuses."""

import hashlib
from pathlib import Path

import duckdb
import pytest
from small_project import GATED, HONEST, LEAKY, write_small_project

from asof.leaks.replay.predictions import kept_and_derived

TEN = "2024-05-01T10:20:00Z"  # three questions had come due, and the price was 4


@pytest.fixture
def small(tmp_path):
    def write(feature=HONEST, config=""):
        group = config + GATED.format(feature=feature)
        return write_small_project(tmp_path / "project", group)

    return write


def test_what_was_known_is_what_is_there_and_nothing_is_written(small):
    project = small()
    project.build()
    before = hashlib.sha256(project.file.read_bytes()).hexdigest()
    files = sorted(str(path) for path in Path(project.root).rglob("*"))
    assert project.replay("--at", TEN) == (
        0,
        "view as of 2024-05-01 10:20 UTC: 3 rows, all 1 columns as they were then\n",
        "",
    )
    assert hashlib.sha256(project.file.read_bytes()).hexdigest() == before
    assert sorted(str(path) for path in Path(project.root).rglob("*")) == files


@pytest.mark.parametrize("kind", ["table", "view", "incremental"])
def test_a_leak_is_found_however_the_models_are_materialized(small, kind):
    """A view of today names its database, which is what the scratch database is called too."""
    project = small(LEAKY, config=f"{{{{ config(materialized='{kind}') }}}}\n")
    path = project.root / "dbt_project/models/view.sql"
    path.write_text(f"{{{{ config(materialized='{kind}') }}}}\n" + path.read_text())
    project.build()
    code, said, errors = project.replay("--at", TEN)
    assert (code, errors) == (1, "")
    first, column, *examples = said.splitlines()
    assert first == "view as of 2024-05-01 10:20 UTC: 3 rows, 1 of 1 columns differ"
    assert column == "  highest: 3 rows; the first to differ is prices"
    assert examples[0] == "    id = 0, asked_at = 2024-05-01 08:10:00+00:00: then 4, today 19"
    assert len(examples) == 3


def test_moments_are_spread_over_the_rows(small):
    project = small()
    project.build()
    code, said, _ = project.replay("--moments", "2")
    assert code == 0
    # of eleven questions, one an hour from 8:10 on, a third and two thirds
    assert [line.split(" UTC")[0][-5:] for line in said.splitlines()] == ["11:10", "15:10"]
    assert [line.split("UTC: ")[1].split(" rows")[0] for line in said.splitlines()] == ["4", "8"]


def test_a_source_that_is_a_view_and_two_names_of_one_table(small):
    project = small()
    project.sql("alter table raw.prices rename to all_prices")
    project.sql('create view raw.prices as select * from "small".raw.all_prices')
    group = project.root / "dbt_project/models/prices.sql"
    group.write_text(group.read_text() + " and priced_at in (select priced_at from {{ source('again', 'prices') }})\n")
    project.build()
    assert project.replay("--at", TEN)[0] == 0


def test_a_model_that_writes_a_file_is_refused_and_the_file_stays(small):
    project = small(config="{{ config(materialized='external', location='prices.parquet') }}\n")
    project.build()
    file = project.root / "prices.parquet"
    before = file.read_bytes()
    code, _, errors = project.replay("--at", TEN)
    assert code == 2
    assert "Error: dbt model prices is materialized as external, so that a replay would overwrite its file" in errors
    assert file.read_bytes() == before


def test_a_snapshot_is_rewound_by_its_own_columns(small):
    """Its names are the project's own, and what is still open has an end in the far future."""
    project = small()
    project.write(
        "dbt_project/models/prices.sql",
        "select seen_from at time zone 'UTC' as priced_at, price as highest from {{ ref('seen') }} "
        "where seen_to > timestamp '2024-01-01'",
    )
    (project.root / "dbt_project/snapshots").mkdir()
    project.write(
        "dbt_project/snapshots/seen.yml",
        """
snapshots:
  - name: seen
    relation: source('raw', 'prices')
    config:
      unique_key: price
      strategy: check
      check_cols: [priced_at]
      dbt_valid_to_current: cast('9999-12-31' as timestamp)
      snapshot_meta_column_names: {dbt_valid_from: seen_from, dbt_valid_to: seen_to}
""",
    )
    taken = project.run("dbt", "snapshot", "--project-dir", "dbt_project")
    assert taken.returncode == 0, taken.stdout
    # as if each price had been seen when it was made, one of them only for an hour
    project.sql("update main.seen set seen_from = priced_at::timestamp, seen_to = timestamp '9999-12-31'")
    project.sql("update main.seen set seen_to = seen_from + interval '1 hour' where price = 3")
    project.build()
    code, said, _ = project.replay("--at", TEN, "--at", "2024-05-01T15:00:00Z")
    assert code == 0
    assert [line.split("UTC: ")[1] for line in said.splitlines()] == [
        "3 rows, all 1 columns as they were then",
        "7 rows, all 1 columns as they were then",
    ]
    project.sql("update main.view set highest = 99 where id = 2")
    assert project.replay("--at", TEN)[0] == 1


def test_what_cannot_be_compared(small):
    project = small()
    _, _, not_built = project.replay("--at", TEN)
    assert "Error: dbt model view is not built; run: ASOF_NOW=" in not_built
    assert " dbt build --select +view" in not_built
    _, _, not_built = project.replay()
    assert "Error: feature view view is not built; run: ASOF_NOW=" in not_built
    assert " dbt build --project-dir dbt_project --select +view" in not_built
    project.build("2024-05-01T09:00:00Z")
    code, _, behind = project.replay("--at", TEN)
    assert code == 2
    assert "feature view view is built up to 2024-05-01 08:10:00+00:00 and lacks rows that were due by" in behind
    code, _, early = project.replay("--at", "2024-05-01T08:00:00Z")
    assert code == 2
    assert "no row had come due by 2024-05-01 08:00 UTC; choose a later moment" in early
    code, _, late = project.replay("--at", "2024-05-02")
    assert code == 2
    assert "2024-05-02 00:00 UTC is after the present" in late
    code, _, usage = project.replay("--predictions", "--moments", "2")
    assert code == 2
    assert "--moments and --at do not go with it" in usage
    done = project.run("asof", "replay", "veiw")
    assert "no feature view 'veiw' (did you mean 'view'?)" in done.stderr


INCREMENTAL = "{{{{ config(materialized='incremental', unique_key=['priced_at']) }}}}\n"
BY_ARRIVAL = (
    INCREMENTAL
    + "select priced_at, price as highest from {{{{ source('raw', 'prices') }}}} "
    + "where {{{{ asof.new_since('priced_at', of=source('raw', 'prices')) }}}}"
)
# what the group counts are the rows of each build
BY_OWN_ROWS = (
    INCREMENTAL
    + "select priced_at, count(*) over (order by priced_at) as highest from {{{{ source('raw', 'prices') }}}} "
    + "{{{{ asof.visible('priced_at') }}}} {{% if is_incremental() %}} "
    + "and priced_at > (select max(priced_at) from {{{{ this }}}}) {{% endif %}}"
)


def _incremental(tmp_path, group):
    project = write_small_project(tmp_path / "project", group.format())
    path = project.root / "dbt_project/models/view.sql"
    path.write_text("{{ config(materialized='incremental', unique_key=['id', 'asked_at']) }}\n" + path.read_text())
    project.build()
    return project


def test_steps_that_end_where_one_build_ends(tmp_path):
    project = _incremental(tmp_path, BY_ARRIVAL)
    before = hashlib.sha256(project.file.read_bytes()).hexdigest()
    assert project.replay("--incremental", "--at", TEN, "--at", "2024-05-01T13:00:00Z") == (
        0,
        (
            "view built in 3 steps (2024-05-01 10:20, 2024-05-01 13:00, 2024-05-01 20:00 UTC) and in full\n"
            "  prices: 20 rows, all 1 columns are the same\n"
            "  view: 11 rows, all 1 columns are the same\n"
        ),
        "",
    )
    assert hashlib.sha256(project.file.read_bytes()).hexdigest() == before


def test_steps_that_do_not(tmp_path):
    project = _incremental(tmp_path, BY_OWN_ROWS)
    code, said, _ = project.replay("--incremental", "--at", TEN)
    assert code == 1
    lines = said.splitlines()
    # five prices until 10:20; then the group begins to count from one
    assert lines[1:4] == [
        "  prices: 20 rows, 1 of 1 columns differ",
        "  highest: 15 rows",
        "    priced_at = 2024-05-01 10:30:00+00:00: in full 6, in steps 1",
    ]
    assert "  view: 11 rows, 1 of 1 columns differ" in lines


def test_incremental_and_predictions_do_not_go_together(small):
    project = small()
    code, _, errors = project.replay("--incremental", "--predictions")
    assert (code, "--predictions and --incremental compare different things" in errors) == (2, True)


@pytest.mark.parametrize(
    ("kept", "derived", "differs"),
    [
        ("43.70::decimal(18, 2)", "43.70::decimal(18, 2)", False),
        ("43.71::decimal(18, 2)", "43.70::decimal(18, 2)", True),
        ("12345678901234567890.12::decimal(38, 2)", "12345678901234567890.12::decimal(38, 2)", False),
        ("null::decimal(18, 2)", "null::decimal(18, 2)", False),
        ("null::decimal(18, 2)", "0::decimal(18, 2)", True),
        ("0.1::double", "0.1::double + 1e-18", False),  # the same number, to the bit
        ("0.1::double", "0.1::double + 1e-16", True),
        ("9007199254740993", "9007199254740992", True),
        ("'a'", "'a'", False),
        ("'null'", "null::varchar", True),
    ],
)
def test_a_kept_feature_against_the_one_of_today(kept, derived, differs):
    """Kept as `asof predict` does, in a JSON object."""
    with duckdb.connect() as connection:
        connection.execute(f'create table derived as select {derived} as "a price"')
        connection.execute(f'create table given as select to_json(struct_pack("a price" := {kept})) as features')
        was, is_now = kept_and_derived("a price")
        found = connection.execute(f"select {was} is distinct from {is_now} from given, derived").fetchone()
    assert found == (differs,)
