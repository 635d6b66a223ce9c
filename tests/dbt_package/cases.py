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

# id, shop, city, when -> price, note, price of the last two hours, mood
QUESTIONS = {
    (1, "A", "X", at("09:30")): (None, None, None, None),  # nothing has happened yet
    (2, "A", "X", at("10:00")): (1, "on time", 1, "calm"),  # the same moment counts
    (3, "A", "X", at("11:30")): (1, "on time", 1, "calm"),  # what happened at 11 is not known yet
    (4, "A", "Y", at("12:00")): (3, "on time", 3, None),  # the mood is exactly two hours old: too old
    (5, "A", "X", at("13:00")): (3, "on time", 3, "busy"),  # news of something older changes nothing
    (6, "A", "X", at("13:59")): (3, "on time", 3, "busy"),
    (7, "A", "X", at("14:00")): (4, "restated", None, "busy"),  # the newer word of the two counts; two hours old
    (8, "A", "X", at("14:59")): (4, "restated", None, None),
    (9, "A", "X", at("15:00")): (5, "announced", 5, None),  # known since 9, true from 15
    (10, "A", "X", at("16:30")): (None, "a NULL is a fact", None, None),
    (11, "A", "X", at("12:45")): (3, "on time", 3, "busy"),
    (12, "A", "X", at("12:45")): (3, "on time", 3, "busy"),  # the same question, asked by another
    (13, "B", "X", at("16:00")): (None, None, None, None),  # a NULL time never matches
    (14, None, "X", at("16:00")): (None, None, None, None),  # a NULL entity never matches
    (15, "A", None, at("11:00")): (1, "on time", 1, None),  # nor a NULL in one part of it
    (16, "C", "X", at("16:00")): (None, None, None, None),
    (17, "Z", "X", at("16:00")): (None, None, None, None),  # a shop without any row
}

NOT_DUE = [(18, "A", "X", at("17:01")), (19, "A", "X", None)]

# id, answer, when it was known: the second is not known by now, the third has no question
ANSWERS = [(2, True, at("16:59")), (3, False, at("18:30")), (99, True, at("10:00"))]
