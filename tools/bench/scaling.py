"""What more threads, images and sessions give: ours only."""

import contextlib

import measure
import models
import peers
import report
import statistic

BATCHES = range(1, 9)


def open_workers(stack, model, setups):
    """Workers by name, of setups by name: (Setup, number of sessions)."""
    workers = {}
    for name, (setup, sessions) in setups.items():
        workers[name] = measure.Worker("cvt", model, setup, sessions=sessions)
        stack.callback(workers[name].close)
    return workers


def measure_threads(model, precision, threads, rounds):
    """How many times as long one thread takes as `threads`, one image."""
    setups = {
        count: (peers.Setup(precision, 1, count, "native"), 1) for count in (1, threads)
    }
    with contextlib.ExitStack() as stack:
        times = measure.measure_workers(open_workers(stack, model, setups), rounds)
    return {
        "one_ms": statistic.summarize(times[1])["median_ms"],
        "all_ms": statistic.summarize(times[threads])["median_ms"],
        "ratio": statistic.paired_ratio(times[1], times[threads]),
    }


def measure_batches(model, precision, threads, rounds):
    """Time of an image in each batch, relative to that alone."""
    setups = {
        batch: (peers.Setup(precision, batch, threads, "native"), 1)
        for batch in BATCHES
    }
    with contextlib.ExitStack() as stack:
        times = measure.measure_workers(open_workers(stack, model, setups), rounds)
    per_image = {
        batch: [[time / batch for time in runs] for runs in times[batch]]
        for batch in BATCHES
    }
    return [
        {
            "batch": batch,
            "image_ms": statistic.summarize(per_image[batch])["median_ms"],
            "ratio": statistic.paired_ratio(per_image[batch], per_image[1]),
        }
        for batch in BATCHES
    ]


def measure_sessions(model, precision, threads, rounds):
    """Images a second of `threads` sessions of one thread, relative to one
    session of all threads."""
    setups = {
        "many": (peers.Setup(precision, 1, 1, "native"), threads),
        "one": (peers.Setup(precision, 1, threads, "native"), 1),
    }
    with contextlib.ExitStack() as stack:
        speeds = measure.take_turns(
            open_workers(stack, model, setups),
            rounds,
            lambda worker: worker.images_per_second(rounds.turn_seconds),
        )
    lists = {name: [[speed] for speed in found] for name, found in speeds.items()}
    return {
        "one_per_second": statistic.summarize(lists["one"])["median_ms"],
        "many_per_second": statistic.summarize(lists["many"])["median_ms"],
        "ratio": statistic.paired_ratio(lists["many"], lists["one"]),
    }


def measure_precision(model, precision, threads, rounds):
    try:
        return {
            "precision": precision,
            "threads": measure_threads(model, precision, threads, rounds),
            "batches": measure_batches(model, precision, threads, rounds),
            "sessions": measure_sessions(model, precision, threads, rounds),
        }
    except models.NotAvailable as error:
        return {"precision": precision, "unavailable": str(error)}


def text(results, threads):
    lines = []
    rows = []
    for result in results:
        precision = result["precision"]
        if "unavailable" in result:
            lines.append(f"not available: cvt {precision}: {result['unavailable']}")
            continue
        found = result["threads"]
        rows.append(
            [
                *(precision, f"one thread / {threads}, ms"),
                *(found["one_ms"], found["all_ms"]),
                *report.ratio_cells(found["ratio"]),
            ]
        )
        alone = result["batches"][0]["image_ms"]
        for row in result["batches"][1:]:
            rows.append(
                [
                    *(precision, f"an image of {row['batch']} / alone, ms"),
                    *(row["image_ms"], alone),
                    *report.ratio_cells(row["ratio"]),
                ]
            )
        found = result["sessions"]
        rows.append(
            [
                *(precision, f"{threads} sessions of 1 / 1 of {threads}, images/s"),
                *(found["many_per_second"], found["one_per_second"]),
                *report.ratio_cells(found["ratio"]),
            ]
        )
    if rows:
        header = ["precision", "this / that", "this", "that", "ratio", "quartiles"]
        lines.insert(0, report.table(header, rows))
    return "\n".join(lines)
