"""What a call through the Python package takes beyond the C API's, with one
image of the demo model, on one thread."""

import sys

import numpy as np

import measure
import models
import report
import statistic
import worker
from peers import ours

DIGITS = models.SOURCE / "test" / "models" / "cvt-digits"
MICROSECONDS = 1000  # in a millisecond


def import_cvtc(build):
    """The package as `pip install .` installs it, from these sources."""
    import python_environment

    sys.path.append(str(python_environment.environment(build).packages))
    import cvtc

    return cvtc


def calls(build):
    """Functions by name.  All run one artifact on the same numbers."""
    import torch

    cvtc = import_cvtc(build)
    model = cvtc.CvtForImageClassification.from_pretrained(DIGITS, threads=1)
    pixels = np.load(DIGITS / "expected" / "pixel_values_first2.npy")[:1]
    logits = model(pixels).logits
    tensor = torch.from_numpy(pixels)
    session = ours.CompiledModel(
        build / "lib" / "libcvt.so", model.compile(), threads=1, max_batch=1
    )
    run = session.bind(pixels, logits.shape[1])
    if not np.array_equal(run(), logits):
        raise RuntimeError("the C API's logits are not the Python package's")
    return {
        "C API": run,
        "numpy": lambda: model(pixels),
        "torch": lambda: model(tensor),
    }


def measure_calls(build, rounds):
    """One row for each way to call."""
    found = calls(build.resolve())

    def turn(run):
        first = worker.milliseconds(run, measure.WARM_UP, 1)[0]
        count = max(measure.MIN_ITERATIONS, int(1000 * rounds.turn_seconds / first))
        return worker.milliseconds(run, measure.WARM_UP, count)

    times = measure.take_turns(found, rounds, turn)
    return [
        {
            "call": name,
            **statistic.summarize(times[name]),
            "beyond_ms": statistic.paired_difference(times[name], times["C API"]),
        }
        for name in found
    ]


def text(rows):
    return report.table(
        ["call", "median us", "beyond us", "quartiles"],
        [
            [
                row["call"],
                row["median_ms"] * MICROSECONDS,
                *report.ratio_cells(
                    {key: ms * MICROSECONDS for key, ms in row["beyond_ms"].items()}
                ),
            ]
            for row in rows
        ],
    )
