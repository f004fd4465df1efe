"""One peer in a process of its own: its threads meet nobody else's.

    worker.py < requests > answers

A line of JSON each.  The first request says what to load; the answer has the
logits and facts, or `unavailable` and why.  Each further one is a number of
runs and is answered with their milliseconds.
"""

import json
import os
import pathlib
import sys
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


def load(request):
    model = models.Model(request["model"], pathlib.Path(request["build"]))
    setup = peers.Setup(**request["setup"])
    pixel_values = model.pixel_values(setup.batch, request["seed"])
    run, facts = peers.find(request["peer"]).load(model, setup, pixel_values)
    return pixel_values, run, facts


def main():
    # What libraries print must not get between the answers.
    channel = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    requests = map(json.loads, sys.stdin)
    try:
        # Peers point to the pixel values: they stay until the end.
        _pixel_values, run, facts = load(next(requests))
        logits = run().tolist()
    except (models.NotAvailable, ImportError, RuntimeError) as error:
        return answer(channel, {"unavailable": str(error).splitlines()[0]})
    answer(channel, {"logits": logits, "facts": facts})
    for request in requests:
        answer(channel, milliseconds(run, request["warm_up"], request["iterations"]))


if __name__ == "__main__":
    main()
