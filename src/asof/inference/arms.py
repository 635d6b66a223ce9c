"""Who scores which rows: the champion alone, or the arms of the spec's experiment.

A unit's side is where the MD5 of the experiment's name and of the unit falls between 0 and 1. It depends on nothing else,
so that a unit is on the same side tomorrow and in a backfill. Challengers take their shares from 0 upwards: when one is
given more, units move from the champion to it, and no others.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from asof.registry.aliases import require_version, version_behind
from asof.registry.store import Registry
from asof.spec.inference import Experiment
from asof.spec.model_spec import ModelSpec
from asof.warehouse.connection import literal, quoted

CHAMPION = "champion"


Interval = tuple[float, float]


@dataclass(frozen=True)
class Arm:
    """An alias, the version behind it, and the units that fall to it: those within `inside`, without those of `others`.

    `share` is that of the units, None for a shadow, which scores all of them and decides nothing.
    """

    alias: str
    version: int
    share: float | None = 1.0
    inside: Interval | None = None
    others: tuple[Interval, ...] = ()

    @property
    def decides(self) -> bool:
        return self.share is not None

    def condition(self, experiment: Experiment | None, key: Sequence[str]) -> str | None:
        """That a row of the view falls to it, as SQL; None where every row does."""
        if experiment is None or (self.inside is None and not self.others):
            return None
        place = place_of_unit(experiment.name, experiment.unit or list(key))
        conditions = [_within(place, self.inside)] if self.inside else []
        return " and ".join([*conditions, *(f"not {_within(place, other)}" for other in self.others)])


def _within(place: str, interval: Interval) -> str:
    low, high = interval
    return f"({place} >= {literal(low)} and {place} < {literal(high)})"


def place_of_unit(name: str, unit: Sequence[str]) -> str:
    """Where a unit falls in [0, 1), as SQL."""
    parts = ", ".join(f"coalesce(cast({quoted(column)} as varchar), '')" for column in unit)
    return f"(('0x' || left(md5(concat_ws('|', {literal(name)}, {parts})), 8))::bigint / 4294967296.0::double)"


def arms_of(spec: ModelSpec, registry: Registry, now: datetime) -> list[Arm]:
    """The champion first, then the arms beside it that are taken; what a free alias would have is the champion's.

    Raises RegistryError without a champion.
    """
    champion = Arm(CHAMPION, require_version(registry, spec.name, CHAMPION, now))
    if spec.experiment is None:
        return [champion]
    others, low = [], 0.0
    for alias, share in spec.experiment.challengers.items():
        version = version_behind(registry, spec.name, alias, now)
        if version is not None:
            others.append(Arm(alias, version, share, (low, low + share)))
        low += share
    taken = tuple(arm.inside for arm in others if arm.inside)
    rest = replace(champion, share=1.0 - sum(high - low for low, high in taken), others=taken)
    shadows = [(alias, version_behind(registry, spec.name, alias, now)) for alias in spec.experiment.shadows]
    return [rest, *others, *(Arm(alias, version, share=None) for alias, version in shadows if version is not None)]


def record_experiment(registry: Registry, spec: ModelSpec, arms: list[Arm], key: Sequence[str], now: datetime) -> None:
    """Keeps what is compared, where it is not what was compared last; nothing while an alias of it is free."""
    experiment = spec.experiment
    if experiment is None or len(arms) < 1 + len(experiment.arms):
        return
    shared = {
        "experiment": experiment.name,
        "unit": json.dumps(experiment.unit or list(key)),
        "metric": experiment.metric,
        "smallest_effect": experiment.smallest_effect,
        "alpha": experiment.alpha,
    }
    rows = [{"alias": arm.alias, "version": arm.version, "share": arm.share, **shared} for arm in arms]
    number = registry.next_number("experiments", "number", "model = ?", [spec.name])
    of_last = "model = ? and number = ?"
    last = registry.rows("experiments", of_last, [spec.name, number - 1], columns=tuple(rows[0]))
    if sorted(last, key=str) != sorted(rows, key=str):
        begun = {"model": spec.name, "number": number, "started_at": now}
        registry.append("experiments", [{**begun, **row} for row in rows])
