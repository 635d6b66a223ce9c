"""Parquet files beside the warehouse: a file for each day, whole at every moment, and put right after a crash."""

from datetime import timedelta

import pytest
from toy import FIRST

from asof import predict
from asof.errors import FilesError
from asof.inference.batch.files import ParquetFiles

DAY = timedelta(days=1)
DAY_80 = FIRST + 80 * DAY


@pytest.fixture
def project(promoted):
    promoted.edit("models/big.yml", "window: 2 days", "window: 2 days, parquet: exported")
    return promoted


def in_files(project):
    return project.sql(
        f"select * exclude (day) from read_parquet('{project.root}/exported/dev/big/*/*.parquet') order by all"
    )


def in_table(project):
    return project.sql("from predictions.big order by all")


def days(project):
    return sorted(path.name for path in (project.root / "exported/dev/big").iterdir())


def test_a_file_for_each_day(project):
    result = predict("big", project.open(DAY_80))
    assert result.files == str(project.root / "exported/dev/big")
    assert days(project) == ["day=2024-03-19", "day=2024-03-20", "day=2024-03-21"]
    assert in_files(project) == in_table(project)
    assert project.sql("select files from ml.prediction_runs") == [(result.files,)]
    # the day that was begun is written again with the next rows, and those scored again are there once
    predict("big", project.open(DAY_80 + DAY))
    predict("big", project.open(DAY_80 + DAY), again=True)
    assert in_files(project) == in_table(project)
    assert len(in_files(project)) == 6


def test_nothing_new_touches_no_file(project):
    predict("big", project.open(DAY_80))
    before = {path: path.stat().st_mtime_ns for path in (project.root / "exported").rglob("*.parquet")}
    assert predict("big", project.open(DAY_80)).files is None
    assert {path: path.stat().st_mtime_ns for path in (project.root / "exported").rglob("*.parquet")} == before


class Killed(BaseException):
    pass


def raising(error):
    def fail(*_, **__):
        raise error

    return fail


def test_killed_after_the_commit(project, monkeypatch):
    """The rows are in the table, their files wait: the next run puts them in their places, whatever it scores itself."""
    with monkeypatch.context() as patch:
        patch.setattr(ParquetFiles, "publish", raising(Killed))
        with pytest.raises(Killed):
            predict("big", project.open(DAY_80))
    assert len(in_table(project)) == 4
    assert [name[0] for name in days(project)] == ["."]
    assert predict("big", project.open(DAY_80)).scored_rows == 0
    assert in_files(project) == in_table(project)
    assert days(project) == ["day=2024-03-19", "day=2024-03-20", "day=2024-03-21"]


def test_killed_before_the_commit(project, monkeypatch):
    """Files of rows that were never written are removed."""
    with monkeypatch.context() as patch:
        patch.setattr("asof.registry.runs.Attempt.ended", raising(Killed))
        patch.setattr(ParquetFiles, "heal", lambda *_: None)  # no process that is killed cleans up
        with pytest.raises(Killed):
            predict("big", project.open(DAY_80))
    assert [name[0] for name in days(project)] == ["."]
    project.edit("models/big.yml", "window: 2 days", "window: 1 day")
    predict("big", project.open(DAY_80))
    assert in_files(project) == in_table(project)
    assert days(project) == ["day=2024-03-20", "day=2024-03-21"]


def test_a_repeated_backfill_puts_files_right(project, monkeypatch):
    """Even where it has nothing to score any more."""
    with monkeypatch.context() as patch:
        patch.setattr(ParquetFiles, "publish", lambda _: None)
        predict("big", project.open(DAY_80), window_from=DAY_80 - 2 * DAY, backfill=True)
    result = predict("big", project.open(DAY_80), window_from=DAY_80 - 2 * DAY, backfill=True)
    assert result.scored_rows == 0
    assert in_files(project) == in_table(project)
    assert len(in_files(project)) == 4


def test_a_file_in_the_way(project):
    """The predictions are committed and the run says so; when there is room, the files follow."""
    folder = project.root / "exported/dev/big"
    folder.mkdir(parents=True)
    (folder / "day=2024-03-20").write_text("in the way")
    runs = "select status, cause from ml.prediction_runs order by started_at"
    with pytest.raises(FilesError, match="committed, but .*day=2024-03-20/predictions.parquet cannot be written: "):
        predict("big", project.open(DAY_80))
    assert len(in_table(project)) == 4
    with pytest.raises(FilesError, match="exported/dev/big/day=2024-03-20/predictions.parquet cannot be written: "):
        predict("big", project.open(DAY_80))
    assert project.sql(runs) == [("done", None), ("failed", "files")]
    (folder / "day=2024-03-20").unlink()
    predict("big", project.open(DAY_80))
    assert in_files(project) == in_table(project)
    assert len(in_files(project)) == 4


def test_a_folder_that_is_a_file(project):
    (project.root / "exported").write_text("in the way")
    with pytest.raises(FilesError, match="exported/dev/big.* cannot be written: Not a directory; make room for it"):
        predict("big", project.open(DAY_80))
    assert project.sql("select status, cause from ml.prediction_runs") == [("failed", "files")]


def test_stopped_after_the_commit(project, monkeypatch):
    """Ctrl-C is Ctrl-C, and the run that was committed stays on record as done."""
    with monkeypatch.context() as patch:
        patch.setattr(ParquetFiles, "publish", raising(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            predict("big", project.open(DAY_80))
    assert project.sql("select status, scored_rows from ml.prediction_runs") == [("done", 4)]


def test_an_error_leaves_no_file(project):
    project.edit("models/big.yml", "parquet: exported", "parquet: exported, policy: inference/big.sql")
    (project.root / "inference").mkdir()
    (project.root / "inference/big.sql").write_text("select id, as_of, cast('x' as integer) as decision from scored")
    with pytest.raises(Exception, match="policy inference/big.sql fails"):
        predict("big", project.open(DAY_80))
    assert not (project.root / "exported/dev/big").exists() or days(project) == []


def test_files_say_of_questions_that_are_gone_what_the_table_says(project):
    predict("big", project.open(DAY_80))
    project.sql("delete from features.toy_view where id = 158")
    later = predict("big", project.open(DAY_80 + timedelta(minutes=5)))
    assert (later.scored_rows, later.gone_rows) == (0, 1)
    assert in_files(project) == in_table(project)
    (gone,) = [row for row in in_files(project) if row[0] == 158]
    assert gone[-1] == DAY_80 + timedelta(minutes=5)
