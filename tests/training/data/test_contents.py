"""Counts and the content hash against the same worked out in Python, and what changes the hash and what does not."""

import hashlib
import json
from datetime import timedelta

from toy import FIRST, NOW

from asof.training.data.contents import contents, label_over_time
from asof.training.data.rows import read_rows, single_precision
from asof.training.data.training_set import define_training_set


def found(toy, model="big", cutoff=NOW, read=contents):
    project = toy.open()
    with project.warehouse(read_only=True) as warehouse:
        spec = project.model_spec(model)
        return read(define_training_set(project.view_in(warehouse, "toy_view"), spec, cutoff))


def in_python():
    """The hash of the toy's rows: 136 to train, 20 to validate, 40 to test, each as the JSON of its columns."""
    total = [0, 0, 0]
    for i in range(200):
        split = "train" if i < 136 else "validation" if 138 <= i < 158 else "test" if i >= 160 else None
        if split is None:
            continue
        weight = None if i % 9 == 0 else (i * 11) % 50 / 10
        row = {
            "amount": (i * 37) % 100,
            "asked_at": f"{FIRST + timedelta(hours=12 * i):%Y-%m-%d %H:%M:%S}+00",
            "colour": ["red", "green", None][i % 3],
            "id": i,
            "is_big": (i * 37) % 100 + (i % 7) * 10 > 60,
            "is_even": i % 2 == 0,
            "weight": weight,
            "asof_split": split,
        }

        digest = hashlib.md5(json.dumps(row, separators=(",", ":")).encode()).digest()  # noqa: S324
        # DuckDB reads the sixteen bytes as two little-endian halves
        upper, lower = (int.from_bytes(half, "little") for half in (digest[:8], digest[8:]))
        total = [total[0] + 1, total[1] + upper, total[2] + lower]
    return hashlib.sha256(":".join(str(part % 2**127) for part in total).encode()).hexdigest()


def test_the_hash_is_the_one_that_its_description_gives(toy):
    halves = found(toy).content_hash
    assert halves == in_python()


def test_the_order_of_the_rows_does_not_matter(toy):
    before = found(toy).content_hash
    toy.sql("create or replace table features.toy_view as from features.toy_view order by hash(id)")
    assert found(toy).content_hash == before


def test_the_order_of_the_columns_does_not_matter(toy):
    before = found(toy).content_hash
    toy.sql(
        "create or replace table features.toy_view as select colour, weight, * exclude (colour, weight) from features.toy_view"
    )
    assert found(toy).content_hash == before


def test_a_changed_cell_does(toy):
    before = found(toy).content_hash
    toy.sql("update features.toy_view set weight = weight + 1e-12 where id = 1")
    assert found(toy).content_hash != before


def test_a_cell_of_a_row_that_is_not_used_does_not(toy):
    before = found(toy).content_hash
    toy.sql("update features.toy_view set weight = 99 where id in (136, 159)")  # in the gaps
    assert found(toy).content_hash == before


def test_a_row_in_another_split_does(toy):
    before = found(toy).content_hash
    toy.edit("models/big.yml", "test: 20 days, gap: 1 day", "test: 21 days, gap: 0 days")
    assert found(toy).content_hash != before


def test_what_is_known_later_does_not(toy):
    then = NOW - timedelta(days=5)
    before = found(toy, cutoff=then).content_hash
    toy.sql("update features.toy_view set is_big = not is_big where id >= 191")
    assert found(toy, cutoff=then).content_hash == before


def test_rows_whose_label_is_not_known_are_counted_and_not_used(toy):
    toy.sql("update features.toy_view set is_big = null where id in (3, 4)")
    toy.sql("update features.toy_view set label_known_at = null where id = 5")
    toy.sql("update features.toy_view set label_known_at = timestamptz '2025-01-01' where id = 6")
    counts = found(toy)
    assert (counts.unlabelled, counts.train) == (4, 132)
    assert counts.unlabelled_share == 4 / 200


def test_the_label_over_time(toy):
    days = found(toy, read=label_over_time)
    assert len(days) == 100
    assert [(day.series, day.row_count) for day in days] == [("is_big", 2)] * 100
    # ids 2 and 3 on the second day: sizes 74 + 20 and 11 + 30
    assert (days[1].start, days[1].value) == (FIRST + timedelta(days=1), 0.5)


def test_narrow_types(toy):
    def read(training_set):
        lazy = training_set.ordered(["train"])
        single = single_precision(lazy, ["amount", "weight"])
        return read_rows(training_set.view.warehouse, single, ["colour"])

    rows = found(toy, read=read)
    assert str(rows["colour"].type) == "dictionary<values=string, indices=int8, ordered=0>"
    assert [str(rows[name].type) for name in ("amount", "weight")] == ["float", "float"]
    assert rows["colour"].to_pylist()[:4] == ["red", "green", None, "red"]
    assert rows["amount"].to_pylist()[:3] == [0.0, 37.0, 74.0]
