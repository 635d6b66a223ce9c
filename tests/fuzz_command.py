"""The command line of a fuzzer: how many cases, which seed, and a count of each outcome."""

import argparse
import collections
from collections.abc import Callable


def fuzz_command(doc: str, fuzz: Callable[[int, int], "collections.Counter[str]"]) -> None:
    """Runs `fuzz(cases, seed)` as the command line says, and prints how often each outcome occurred."""
    parser = argparse.ArgumentParser(description=doc.splitlines()[0])
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    for outcome, count in fuzz(options.cases, options.seed).most_common():
        print(f"{count:6} {outcome}")
