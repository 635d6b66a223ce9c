"""One day of prices and moods, and what is known of them at each question: written down, not computed."""


def at(clock: str) -> str:
    return f"2024-05-01 {clock}:00+00"


NOW = "2024-05-01T17:00:00Z"

# shop, when it happened, when it was learned, price, note
PRICES = [
    ("A", at("10:00"), at("10:00"), 1, "on time"),
    ("A", at("11:00"), at("13:00"), 2, "late"),
    ("A", at("12:00"), at("12:00"), 3, "on time"),
    ("A", at("12:00"), at("14:00"), 4, "restated"),
    ("A", at("15:00"), at("08:30"), 0, "announced, and taken back before it came true"),
    ("A", at("15:00"), at("09:00"), 5, "announced"),
    ("A", at("16:00"), at("16:00"), None, "a NULL is a fact"),
    ("B", None, at("10:00"), 6, "no event time"),
    ("B", at("10:00"), None, 7, "no known time"),
    (None, at("10:00"), at("10:00"), 8, "no shop"),
    ("C", at("10:00"), at("18:00"), 9, "learned after now"),
]

# shop, city, when; a group of two entity columns whose facts are known when they happen, with a ttl of two hours
MOODS = [
    ("A", "X", at("10:00"), "calm"),
    ("A", "X", at("12:30"), "busy"),
    ("A", "Y", at("10:00"), "closed"),
    ("A", None, at("10:00"), "nowhere"),
]

# when it began, when it was announced: a group without entity, the same for every shop
SEASONS = [
    (at("08:00"), at("08:00"), "spring"),
    (at("15:00"), at("12:00"), "summer"),
    (at("12:00"), at("16:00"), "rain"),
]

# shop, signed, filed, end: the second begins when the first ends, but is filed later
LEASES = [
    ("A", at("08:00"), at("08:00"), at("11:00"), 100),
    ("A", at("11:00"), at("12:30"), at("16:00"), 200),
    ("B", at("08:00"), at("08:00"), None, 300),
    ("B", at("09:00"), at("09:00"), at("09:00"), 400),
    ("C", at("08:00"), at("08:00"), at("08:00"), 500),
]

# id, shop, city, when -> price, note, price of the last two hours, mood, season, rent
QUESTIONS = {
    (1, "A", "X", at("09:30")): (None, None, None, None, "spring", 100),  # nothing has happened yet
    (2, "A", "X", at("10:00")): (1, "on time", 1, "calm", "spring", 100),  # the same moment counts
    (3, "A", "X", at("11:30")): (1, "on time", 1, "calm", "spring", None),  # what happened at 11 is not known yet
    (4, "A", "Y", at("12:00")): (3, "on time", 3, None, "spring", None),  # the mood is exactly two hours old: too old
    (5, "A", "X", at("13:00")): (3, "on time", 3, "busy", "spring", 200),  # news of something older changes nothing
    (6, "A", "X", at("13:59")): (3, "on time", 3, "busy", "spring", 200),
    (7, "A", "X", at("14:00")): (4, "restated", None, "busy", "spring", 200),  # the newer word; 12:00 is two hours old
    (8, "A", "X", at("14:59")): (4, "restated", None, None, "spring", 200),
    (9, "A", "X", at("15:00")): (5, "announced", 5, None, "summer", 200),  # known since 9, true from 15
    (10, "A", "X", at("16:30")): (None, "a NULL is a fact", None, None, "summer", None),
    (11, "A", "X", at("12:45")): (3, "on time", 3, "busy", "spring", 200),
    (12, "A", "X", at("12:45")): (3, "on time", 3, "busy", "spring", 200),  # the same question, asked by another
    (13, "B", "X", at("16:00")): (None, None, None, None, "summer", None),  # a NULL time never matches
    (14, None, "X", at("16:00")): (None, None, None, None, "summer", None),  # a NULL entity never matches
    (15, "A", None, at("11:00")): (1, "on time", 1, None, "spring", None),  # nor a NULL in one part of it
    (16, "C", "X", at("16:00")): (None, None, None, None, "summer", None),
    (17, "Z", "X", at("16:00")): (None, None, None, None, "summer", None),  # a shop without any row
}

NOT_DUE = [(18, "A", "X", at("17:01"))]

# id, answer, when it was known: the second is not known by now, the third has no question
ANSWERS = [(2, True, at("16:59")), (3, False, at("18:30")), (99, True, at("10:00"))]

# all of it but the questions, as tables to fill
FACTS = {"prices": PRICES, "moods": MOODS, "seasons": SEASONS, "leases": LEASES, "answers": ANSWERS}
