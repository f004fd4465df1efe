"""One peer in a process of its own: its threads meet nobody else's.

    worker.py < requests > answers

A line of JSON each.  The first request says what to load, once or several
times; the answer has the logits and facts, or `unavailable` and why.  Each
further one is either a number of runs, answered with their milliseconds, or
some seconds in which all that was loaded runs at once, answered with the runs
in a second.
"""

import json
import os
import pathlib
import sys
import threading
import time

import models
import peers


def answer(channel, content):
    print(json.dumps(content), file=channel, flush=True)


def milliseconds(run, warm_up, iterations):
    for _ in range(warm_up):
        run()
    times = []
    for _ in range(iterations):
        started = time.perf_counter()
        run()
        times.append(1000 * (time.perf_counter() - started))
    return times


def runs_per_second(runs, seconds):
    """Of all of `runs` together, each over and over on a thread of its own."""
    counts = [0] * len(runs)
    began = time.perf_counter()
    ends = [began] * len(runs)

    def repeat(index):
        while ends[index] - began < seconds:
            runs[index]()
            counts[index] += 1
            ends[index] = time.perf_counter()

    threads = [
        threading.Thread(target=repeat, args=(index,)) for index in range(len(runs))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(count / (end - began) for count, end in zip(counts, ends, strict=True))


def load(request):
    """The pixel values, and a pair of function and facts for each session."""
    model = models.Model(request["model"], pathlib.Path(request["build"]))
    setup = peers.Setup(**request["setup"])
    pixel_values = model.pixel_values(setup.batch, request["seed"])
    peer = peers.find(request["peer"])
    return pixel_values, [
        peer.load(model, setup, pixel_values) for _ in range(request["sessions"])
    ]


def main():
    # What libraries print must not get between the answers.
    channel = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    requests = map(json.loads, sys.stdin)
    try:
        # Peers point to the pixel values: they stay until the end.
        _pixel_values, sessions = load(next(requests))
        runs = [run for run, _ in sessions]
        logits = runs[0]().tolist()
    except (models.NotAvailable, ImportError, RuntimeError) as error:
        return answer(channel, {"unavailable": str(error).splitlines()[0]})
    answer(channel, {"logits": logits, "facts": sessions[0][1]})
    for request in requests:
        if "seconds" in request:
            answer(channel, runs_per_second(runs, request["seconds"]))
        else:
            answer(channel, milliseconds(runs[0], **request))


if __name__ == "__main__":
    main()
