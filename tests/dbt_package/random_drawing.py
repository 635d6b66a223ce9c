"""Draws random small projects for `random_projects.py`, and says what their feature views must hold."""

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from rule_in_python import Fact, answer

START = datetime(2024, 5, 1, tzinfo=UTC)
STEPS = (8, 14, 20)  # hours at which the projects are built
SHOPS = ("A", "A", "B", "C")

Row = tuple  # of a raw table


def at(hour: float) -> datetime:
    return START + timedelta(hours=hour)


@dataclass
class RandomProject:
    """What a project is made of, and what its raw tables hold at each step."""

    name: str
    periodic: bool  # the key repeats: a question is shop and moment
    forms: tuple[str, str]
    ttl: int | None
    bad: str | None  # the row of the last step that must be refused
    facts: tuple[list[tuple[float, Row]], list[tuple[float, Row]]]  # when each reached the warehouse, and the fact
    questions: list[list[Row]] = field(default_factory=list)  # at each step
    answers: list[list[Row]] = field(default_factory=list)

    @property
    def key(self) -> list[str]:
        return ["shop"] if self.periodic else ["id"]

    def facts_at(self, group: int, hour: float) -> list[Row]:
        return [fact for arrived, fact in self.facts[group] if arrived <= hour]

    def is_honest(self) -> bool:
        return all(
            arrived <= 0 or fact[2] is None or arrived <= fact[2] for each in self.facts for arrived, fact in each
        )


def random_project(name: str, rng: random.Random) -> RandomProject:
    periodic = rng.random() < 0.5
    late = rng.random() < 0.4
    project = RandomProject(
        name=name,
        periodic=periodic,
        forms=(
            rng.choice(("incremental", "incremental", "view", "table")),
            rng.choice(("trailing", "trailing_new", "view")),
        ),
        ttl=rng.choice((None, None, 3, 6)),
        bad=rng.choice((None,) * 8 + ("fact twice", "question twice", "question of nobody", "outcome twice")),
        facts=(_random_facts(rng, late), _random_facts(rng, late)),
    )
    _random_questions(project, rng)
    return project


def _random_facts(rng: random.Random, late: bool) -> list[tuple[float, Row]]:
    """(arrived, (shop, happened, learned, value)); times are hours, without a NULL among those that a window needs."""
    found, seen = [], set()
    for _ in range(rng.randrange(25)):
        happened = rng.choice((None,) + tuple(range(22)) * 2) if rng.random() < 0.5 else float(rng.randrange(22))
        learned = None if rng.random() < 0.05 else (happened or 0) + rng.choice((0, 0, 0, 1, 5, -1))
        shop = rng.choice((*SHOPS, *SHOPS, None))
        if (shop, happened, learned) in seen:
            continue
        seen.add((shop, happened, learned))
        # 0 is there from the beginning, and hidden by the clock; a late one comes after it says that it was known
        arrived = rng.choice((0, learned or 0))
        if late and rng.random() < 0.3:
            arrived = (learned or 0) + rng.choice((0.5, 2, 7))
        found.append((arrived, (shop, happened, learned, rng.choice((None, *range(10))))))
    return found


def _random_questions(project: RandomProject, rng: random.Random) -> None:
    """The questions and outcomes of each step; what is bad comes with the last."""
    now, outcomes = _first_questions(project, rng), {}
    for _ in STEPS:
        for name in list(now):
            _happen(name, now, outcomes, project.periodic, rng)
        project.questions.append(list(now.values()))
        project.answers.append([outcome for name, outcome in outcomes.items() if name in now])
    _spoil(project)


def _first_questions(project: RandomProject, rng: random.Random) -> dict:
    if project.periodic:
        every = rng.choice((2, 4))
        return {(shop, hour): (None, shop, hour) for shop in ("A", "B", "C") for hour in range(1, 24, every)}
    return {n: (n, rng.choice((*SHOPS, "D")), float(rng.randrange(1, 22))) for n in range(rng.randrange(1, 12))}


def _happen(name, now: dict, outcomes: dict, periodic: bool, rng: random.Random) -> None:
    """What may befall a question between two steps: it goes, moves, gets or changes its outcome, or loses it."""
    luck = rng.random()
    number, shop, hour = now[name]
    if luck < 0.06:
        del now[name]
        outcomes.pop(name, None)
    elif luck < 0.12 and not periodic:
        now[name] = (number, shop, rng.randrange(1, 22) + 0.5)
        outcomes.pop(name, None)
    elif luck < 0.5:
        outcomes[name] = (number, shop, hour, rng.random() < 0.5, hour + rng.choice((1, 3, 8)))
    elif luck < 0.55:
        outcomes.pop(name, None)


def _spoil(project: RandomProject) -> None:
    """Adds the row that must be refused, where there is anything to add one to."""
    if project.bad == "question of nobody":
        project.questions[-1].append((None, None, 2.0))
    elif project.bad == "question twice" and project.questions[-1]:
        project.questions[-1].append(project.questions[-1][0])
    elif project.bad == "outcome twice" and project.answers[-1]:
        number, shop, hour, value, known = project.answers[-1][0]
        project.answers[-1].append((number, shop, hour, not value, known))
    elif project.bad == "fact twice":
        project.facts[0].extend([(STEPS[-1], ("A", 19.0, 19.5, 1)), (STEPS[-1], ("A", 19.0, 19.5, 2))])
    else:
        project.bad = None


def expected(project: RandomProject, *, in_full: bool) -> list[Row]:
    """The view after the last step: key, moment, both features, label, and when that was known."""
    built: dict[Row, Row] = {}
    for step, hour in enumerate(STEPS):
        questions = [row for row in project.questions[step] if row[2] <= hour]
        if in_full:
            built = {}
            if step + 1 < len(STEPS):
                continue
        built = {row: built[row] for row in questions if row in built}
        for row in questions:
            if row not in built:
                built[row] = _features(project, row, hour)
        outcomes = {
            (number, shop, moment): (value, known) for number, shop, moment, value, known in project.answers[step]
        }
        labelled = {}
        for row, features in built.items():
            value, known = outcomes.get(row, (None, None))
            seen = known is not None and known <= hour
            labelled[row] = (*features[:2], value if seen else None, at(known) if seen else None)
        built = labelled
    key = 1 if project.periodic else 0
    return sorted(((row[key], at(row[2]), *rest) for row, rest in built.items()), key=lambda row: (str(row[0]), row[1]))


def _features(project: RandomProject, question: Row, hour: float) -> Row:
    _, shop, asked = question
    found = answer(
        [
            Fact(
                (shop_,),
                happened if happened is None else at(happened),
                learned if learned is None else at(learned),
                (value,),
            )
            for shop_, happened, learned, value in project.facts_at(0, hour)
        ],
        (shop,),
        at(asked),
        timedelta(hours=project.ttl) if project.ttl else None,
    )
    return (None if found is None else found[0], _second(project, shop, asked, hour))


def _second(project: RandomProject, shop: str, asked: float, hour: float) -> int | None:
    """A plain group of facts that are known when they happen, or how many were learned in the three hours before."""
    known = [fact for fact in project.facts_at(1, hour) if fact[0] == shop and fact[2] is not None and fact[2] <= asked]
    if not known:
        return None
    if project.forms[1] == "view":
        newest = max(fact[2] for fact in known)
        return min(fact[3] if fact[3] is not None else 99 for fact in known if fact[2] == newest)
    return sum(fact[2] > asked - 3 for fact in known)
