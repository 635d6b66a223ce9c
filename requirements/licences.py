"""Lists the licence of every package that an installation of asof brings, as each package states it itself.

    .venv/bin/python requirements/licences.py              asof[xgboost]
    .venv/bin/python requirements/licences.py flights gpu  asof with other extras

Reads what is installed here and asks no network. Exits with 1 where a package states no licence.
"""

import sys
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution

from packaging.requirements import Requirement

UNKNOWN = "not stated"


def main() -> int:
    extras = set(sys.argv[1:]) or {"xgboost"}
    found = {closure.metadata["Name"]: closure for closure in installed("asof", extras, set())}
    rows = [(name, dist.version, licence(dist)) for name, dist in sorted(found.items(), key=lambda row: row[0].lower())]
    width = max(len(name) for name, _, _ in rows)
    for name, version, text in rows:
        print(f"{name:{width}}  {version:12}  {text}")
    return 1 if any(text == UNKNOWN for _, _, text in rows) else 0


def installed(name: str, extras: set[str], seen: set[tuple[str, str]]) -> Iterator[Distribution]:
    """A package and all that it needs on this machine; what is not installed is left out."""
    try:
        dist = distribution(name)
    except PackageNotFoundError:
        return
    yield dist
    for text in dist.requires or []:
        needed = Requirement(text)
        wanted = [extra for extra in ("", *extras) if needed.marker is None or needed.marker.evaluate({"extra": extra})]
        key = (needed.name.lower(), ",".join(sorted(needed.extras)))
        if wanted and key not in seen:
            seen.add(key)
            yield from installed(needed.name, needed.extras, seen)


def licence(dist: Distribution) -> str:
    """The licence expression, else the classifiers, else the first line of the licence field."""
    metadata = dist.metadata
    if metadata.get("License-Expression"):
        return str(metadata["License-Expression"])
    classifiers = [text for text in metadata.get_all("Classifier") or [] if text.startswith("License ::")]
    if classifiers:
        return "; ".join(text.split(" :: ")[-1] for text in classifiers)
    return (metadata.get("License") or UNKNOWN).splitlines()[0][:80]


if __name__ == "__main__":
    sys.exit(main())
