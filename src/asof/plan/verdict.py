"""What a plan means for the versions behind aliases: unaffected, to be retrained, or broken."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from asof.errors import listed
from asof.plan.compare import same_type
from asof.plan.side import ViewSide

Verdict = Literal["unaffected", "must be retrained", "broken", "unknown"]


@dataclass(frozen=True)
class Reader:
    """A model version behind aliases, or, where no warehouse is at hand, a model spec: what it reads of which view.

    `features` are its columns, each with its type in SQL where that is known. `pinned` has the fingerprints that it was trained
    on, None where none were kept.
    """

    model: str
    version: int | None
    aliases: tuple[str, ...]
    view: str
    features: Mapping[str, str | None]
    label: str
    pinned: Mapping[str, str] | None


@dataclass(frozen=True)
class VersionPlan:
    """A verdict. `features` are the columns that gave it, `why` says so in a sentence."""

    model: str
    version: int | None
    aliases: tuple[str, ...]
    view: str
    verdict: Verdict
    features: tuple[str, ...]
    why: str


def verdict(
    reader: Reader, view: ViewSide | None, now: Mapping[str, str], before: Mapping[str, str], dialect: str
) -> VersionPlan:
    """The verdict on a reader of a view. `now` are the fingerprints of the planned side, `before` those of the other one, which
    count where the reader has none of its own.
    """

    def found(verdict: Verdict, features: Sequence[str], why: str) -> VersionPlan:
        return VersionPlan(reader.model, reader.version, reader.aliases, reader.view, verdict, tuple(features), why)

    if view is None:
        return found("broken", (), f"feature view {reader.view} is gone")
    gone = [name for name in [*reader.features, reader.label] if name not in view.types]
    if gone:
        return found("broken", gone, f"{_columns(gone)} no longer in {view.name}")
    retyped = [name for name, type_ in reader.features.items() if not same_type(type_, view.types.get(name), dialect)]
    if retyped:
        types = ", ".join(f"{name} ({reader.features[name]} before, {view.types[name]} now)" for name in retyped)
        return found("broken", retyped, f"another type: {types}")
    was = before if reader.pinned is None else reader.pinned
    if not was:
        return found("unknown", (), "the SQL that it was trained on is not on record")
    changed = [name for name in reader.features if was.get(name) != now.get(name)]
    if reader.label in was and was[reader.label] != now.get(reader.label):
        changed.append(reader.label)
    if changed:
        return found("must be retrained", changed, f"{_columns(changed, 'means', 'mean')} something else")
    return found("unaffected", (), "each of its columns means the same")


def _columns(names: Sequence[str], one: str = "is", several: str = "are") -> str:
    return f"{listed(names, 4)} {one if len(names) == 1 else several}"
