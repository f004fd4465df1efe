"""Times peers in alternating rounds, so that whatever else the machine does
meets all alike.

Each peer lives in a worker process.  They work one at a time, in another order
every round, and before each turn there is a pause in which the threads of the
one before go to sleep.
"""

import dataclasses
import json
import os
import pathlib
import subprocess
import sys
import time

import numpy as np

import models
import peers
import statistic

PAUSE_SECONDS = 0.2
WARM_UP = 2
MIN_ITERATIONS = 3
WORKER = pathlib.Path(__file__).with_name("worker.py")


@dataclasses.dataclass(frozen=True)
class Rounds:
    """How long to measure."""

    count: int
    turn_seconds: float  # of each peer in each round, about


class Worker:
    """A peer that is loaded, in one or several sessions, and waits.  Raises
    NotAvailable if it cannot."""

    def __init__(self, peer, model, setup, seed=1, sessions=1):
        module = peers.find(peer)
        if setup.precision not in module.PRECISIONS:
            raise models.NotAvailable(f"has no {setup.precision}")
        module.prepare(model, setup)
        self.log = model.folder / f"{peer}-{setup.precision}.log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, WORKER],
                env={**os.environ, **module.environment(setup)},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        loaded = self._ask(
            {
                "peer": peer,
                "model": model.name,
                "build": str(model.build),
                "setup": dataclasses.asdict(setup),
                "seed": seed,
                "sessions": sessions,
            }
        )
        if "unavailable" in loaded:
            self.close()
            raise models.NotAvailable(loaded["unavailable"])
        self.logits = np.array(loaded["logits"])
        self.facts = loaded["facts"]
        self.batch = setup.batch
        self.iterations = None

    def _ask(self, request):
        try:
            print(json.dumps(request), file=self.process.stdin, flush=True)
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            code = self.process.wait()
            raise models.NotAvailable(f"ended with code {code}; see {self.log}")
        return json.loads(line)

    def turn(self, seconds):
        """Milliseconds of each of some runs, about `seconds` in all."""
        time.sleep(PAUSE_SECONDS)
        if self.iterations is None:
            first = self._ask({"warm_up": WARM_UP, "iterations": 1})
            count = int(1000 * seconds / first[0])
            self.iterations = max(MIN_ITERATIONS, count)
        return self._ask({"warm_up": WARM_UP, "iterations": self.iterations})

    def images_per_second(self, seconds):
        """Of all sessions together, running at once."""
        time.sleep(PAUSE_SECONDS)
        self._ask({"warm_up": WARM_UP, "iterations": 1})
        return self.batch * self._ask({"seconds": seconds})

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()


def measure_workers(workers, rounds):
    """Milliseconds of every run, by the names of `workers`: a list of rounds,
    each a list of runs."""
    return take_turns(workers, rounds, lambda worker: worker.turn(rounds.turn_seconds))


def take_turns(workers, rounds, ask):
    """What `ask` gets of each worker, a list of rounds by name.  Who begins
    changes from round to round."""
    names = list(workers)
    answers = {name: [] for name in names}
    for index in range(rounds.count):
        first = index % len(names) if names else 0
        for name in names[first:] + names[:first]:
            answers[name].append(ask(workers[name]))
    return answers


def relative_difference(logits, expected):
    """The largest difference, of the largest expected magnitude."""
    return float(np.abs(logits - expected).max() / np.abs(expected).max())


def start(peer, model, setup):
    """A worker, or why there is none."""
    try:
        return Worker(peer, model, setup), None
    except models.NotAvailable as error:
        return None, str(error)


def measure_model(model, names, precisions, setup, rounds):
    """One row for each peer and precision: times, ratio to ours of the same
    precision, difference of its logits from f32's."""
    rows, workers = [], {}
    try:
        for precision in precisions:
            for name in names:
                if precision not in peers.find(name).PRECISIONS:
                    continue
                here = dataclasses.replace(setup, precision=precision)
                worker, reason = start(name, model, here)
                rows.append(
                    {
                        "model": model.name,
                        "batch": setup.batch,
                        "precision": precision,
                        "peer": name,
                        "unavailable": reason,
                    }
                )
                if worker:
                    workers[name, precision] = worker
        times = measure_workers(workers, rounds)
    finally:
        for worker in workers.values():
            worker.close()
    reference = next(iter(workers.values())).logits if workers else None
    for row in rows:
        key = row["peer"], row["precision"]
        if row["unavailable"]:
            continue
        row |= statistic.summarize(times[key])
        row["difference"] = relative_difference(workers[key].logits, reference)
        row["facts"] = workers[key].facts
        ours = times.get(("cvt", row["precision"]))
        row["ratio"] = statistic.paired_ratio(times[key], ours) if ours else None
    return rows
