"""What a run is told to overrule: a check that would refuse it, with the reason that stays on the run."""

from dataclasses import dataclass

from asof.errors import RegistryError


@dataclass(frozen=True)
class Overrule:
    """`change`: score although a feature means something else by now. `tests`: although a test of a column failed."""

    change: bool = False
    tests: bool = False
    reason: str | None = None

    def covers(self, check: str) -> bool:
        """Whether a check that says no is overruled."""
        return self.tests if check == "tests" else self.change

    def require_reason(self, model: str) -> None:
        """Raises RegistryError where something is overruled without a reason, or a reason is given for nothing."""
        given = bool((self.reason or "").strip())
        if (self.change or self.tests) and not given:
            flag = "--despite-change" if self.change else "--despite-tests"
            raise RegistryError(
                f"model {model}: a check is overruled for a reason: asof predict {model} {flag} --reason '...'"
            )
        if given and not (self.change or self.tests):
            raise RegistryError(
                f"model {model}: a reason is kept with --despite-change or --despite-tests; leave it out"
            )
