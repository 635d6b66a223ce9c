"""A dbt snapshot as a feature group: what it remembers of a table that is overwritten, with rows that are deleted."""

from datetime import UTC, datetime, timedelta

MOMENT = timedelta(microseconds=1)


def snapshot(project, staff) -> None:
    project.fill(staff_now=staff)
    done = project.dbt("snapshot")
    assert done.returncode == 0, done.stdout


def test_what_was_overwritten_and_deleted_is_known_as_it_was(each_engine):
    snapshot(each_engine, [("A", "Ann"), ("B", "Bob")])
    snapshot(each_engine, [("A", "Abe")])
    snapshot(each_engine, [("A", "Abe"), ("B", "Bea")])
    first, second, third = (
        at.replace(tzinfo=UTC) for (at,) in each_engine.sql("select distinct dbt_valid_from from staff order by 1")
    )
    expected = {
        ("A", first - MOMENT): None,
        ("A", first): "Ann",
        ("B", first): "Bob",
        ("A", second - MOMENT): "Ann",
        ("A", second): "Abe",
        ("B", second - MOMENT): "Bob",
        ("B", second): None,  # deleted
        ("B", third - MOMENT): None,
        ("A", third): "Abe",
        ("B", third): "Bea",  # and back
    }
    each_engine.fill(
        questions=[(i, shop, None, at) for i, (shop, at) in enumerate(expected)], staff_now=[("A", "Abe"), ("B", "Bea")]
    )
    built = each_engine.dbt(
        "build",
        "--select",
        "questions",
        "staffing",
        "staffed",
        asof_partial_builds=True,
        now=datetime.now(UTC).isoformat(),
    )
    assert built.returncode == 0, built.stdout
    assert [found for (found,) in each_engine.sql("select manager from staffed order by id")] == [*expected.values()]
