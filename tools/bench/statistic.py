"""What is said of times: medians, tails, and ratios and differences of rounds."""

import operator
import statistics


def percentile(values, percent):
    """The smallest value that `percent` of all do not exceed."""
    rank = -(-len(values) * percent // 100)
    return sorted(values)[max(rank, 1) - 1]


def summarize(rounds):
    """Of all runs of all rounds, in milliseconds."""
    times = [time for runs in rounds for time in runs]
    return {
        "median_ms": statistics.median(times),
        "p99_ms": percentile(times, 99),
        "min_ms": min(times),
        "round_medians_ms": [statistics.median(runs) for runs in rounds],
        "runs": len(times),
    }


def paired_ratio(theirs, ours):
    """How many times as long as ours: the median over rounds of the ratio of
    medians, and the quartiles and extremes of these ratios."""
    return _paired(theirs, ours, operator.truediv)


def paired_difference(theirs, ours):
    """How much longer than ours, in the same way."""
    return _paired(theirs, ours, operator.sub)


def _paired(theirs, ours, compare):
    found = [
        compare(statistics.median(their_runs), statistics.median(our_runs))
        for their_runs, our_runs in zip(theirs, ours, strict=True)
    ]
    return {
        "median": statistics.median(found),
        "low": percentile(found, 25),
        "high": percentile(found, 75),
        "min": min(found),
        "max": max(found),
    }
