"""scikit-learn's calibrators as SQL: sigmoid (Platt), isotonic and temperature scaling."""

from typing import Any

import numpy as np

from asof.errors import CompileError
from asof.scoring.sql.words import exponential, number, sigmoid

# The trees' sum is exact to about 1e-7; steeper than this an isotonic step would make more than 1e-6 of it.
_STEEPEST = 5.0
_TINY = "1e-12"


def calibrated(fitted: Any, scores: list[str], *, probabilities: bool) -> list[str]:
    """The expressions of a calibrated classifier's probabilities, the second class alone where there are two.

    `scores` are those that it calibrates: of two classes one, else one for each; probabilities, or decision values.
    Raises CompileError for what is not known, or would not be exact enough.
    """
    if fitted.method == "temperature":
        return _tempered(float(fitted.calibrators[0].beta_), scores, probabilities=probabilities)
    made = [_calibrator(each, score) for each, score in zip(fitted.calibrators, scores, strict=True)]
    if len(made) == 1:
        return made
    whole = " + ".join(f"({each})" for each in made)
    return [f"case when ({whole}) = 0e0 then {number(1 / len(made))} else ({each}) / ({whole}) end" for each in made]


def _calibrator(fitted: Any, score: str) -> str:
    if type(fitted).__name__ == "_SigmoidCalibration":
        return sigmoid(f"-({number(fitted.a_)} * ({score}) + {number(fitted.b_)})")
    if type(fitted).__name__ == "IsotonicRegression":
        return _steps(fitted, score)
    raise CompileError(f"the calibrator {type(fitted).__name__}")


def _steps(fitted: Any, score: str) -> str:
    """Straight lines between the points that were learned, and level beyond them."""
    x, y = (np.asarray(each, dtype=float) for each in (fitted.X_thresholds_, fitted.y_thresholds_))
    if len(x) == 1:
        return number(y[0])
    slopes = np.diff(y) / np.diff(x)
    if slopes.max() > _STEEPEST:
        raise CompileError(
            f"isotonic calibration with a step of slope {slopes.max():.0f}, where SQL would differ by more than 1e-6; take "
            "calibration: sigmoid"
        )
    lines = [f"when ({score}) <= {number(x[0])} then {number(y[0])}"]
    lines += [
        f"when ({score}) <= {number(x[n + 1])} then {number(y[n])} + {number(slopes[n])} * (({score}) - {number(x[n])})"
        for n in range(len(slopes))
    ]
    return "case " + " ".join(lines) + f" else {number(y[-1])} end"


def _tempered(beta: float, scores: list[str], *, probabilities: bool) -> list[str]:
    if len(scores) == 1:
        score = scores[0]
        if not probabilities:  # logits (-f, f)
            return [sigmoid(f"{number(2 * beta)} * ({score})")]
        odds = f"ln(({score}) + {_TINY}) - ln((1e0 - ({score})) + {_TINY})"
        return [sigmoid(f"{number(beta)} * ({odds})")]
    logits = [f"ln(({each}) + {_TINY})" if probabilities else f"({each})" for each in scores]
    return softmax([f"{number(beta)} * {each}" for each in logits])


def softmax(margins: list[str]) -> list[str]:
    """Probabilities of margins, which are named columns or short: each stands in every one of them."""
    highest = f"greatest({', '.join(margins)})"
    powers = [exponential(f"({each}) - {highest}") for each in margins]
    return [f"{each} / ({' + '.join(powers)})" for each in powers]
