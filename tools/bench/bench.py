"""Compares this project with its peers on this machine: see README.md."""

import argparse
import os
import pathlib
import platform
import sys

import measure
import models
import peers
import report

PRECISIONS = ("f32", "bf16", "int8")
QUICK = {"models": ["cvt-13"], "batches": [1], "rounds": 3, "turn_seconds": 0.3}


def words(allowed):
    """A type for argparse: words of `allowed`, with commas between."""

    def parse(text):
        chosen = text.split(",")
        for word in chosen:
            if word not in allowed:
                raise argparse.ArgumentTypeError(
                    f"{word} is none of {', '.join(allowed)}"
                )
        return chosen

    return parse


def numbers(text):
    return [int(word) for word in text.split(",")]


def parse_options():
    parser = argparse.ArgumentParser(
        prog="tools/bench/run.sh", description=__doc__.splitlines()[0]
    )
    add = parser.add_argument
    add("--models", type=words(models.MODELS), default=list(models.MODELS))
    add("--batches", type=numbers, default=[1, 8])
    add("--peers", type=words(peers.MODULES), default=list(peers.MODULES))
    add("--precisions", type=words(PRECISIONS), default=list(PRECISIONS))
    add("--threads", type=int, default=2)
    add("--rounds", type=int, default=9)
    add("--turn-seconds", type=float, default=1.0, help="of a peer in a round")
    add(
        "--isa",
        choices=("native", "avx2"),
        default="native",
        help="avx2: ours for x86-64-v3 against OpenVINO held to AVX2",
    )
    add("--quick", action="store_true", help="CvT-13, batch 1, few runs")
    add("--build", type=pathlib.Path, default=models.SOURCE / "build")
    add("--output", type=pathlib.Path, help="default: build/bench/results")
    options = parser.parse_args()
    if options.quick:
        vars(options).update(QUICK)
    return options


def machine():
    lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
    names = [line.split(":")[1].strip() for line in lines if "model name" in line]
    return {
        "cpu": names[0] if names else platform.machine(),
        "cpus": len(os.sched_getaffinity(0)),
        "system": platform.platform(),
    }


def compare(options):
    rows = []
    rounds = measure.Rounds(options.rounds, options.turn_seconds)
    for name in options.models:
        model = models.Model(name, options.build.resolve())
        model.folder.mkdir(parents=True, exist_ok=True)
        models.make_hugging_face(model)
        for batch in options.batches:
            setup = peers.Setup("f32", batch, options.threads, options.isa)
            found = measure.measure_model(
                model, options.peers, options.precisions, setup, rounds
            )
            print(report.comparison(found), end="\n\n", flush=True)
            rows += found
    return rows


def main():
    options = parse_options()
    output = options.output or options.build / "bench" / "results"
    output.mkdir(parents=True, exist_ok=True)
    rows = compare(options)
    text = report.comparison(rows)
    (output / "comparison.txt").write_text(text + "\n")
    report.write_json({"machine": machine(), "comparison": rows}, output / "bench.json")
    report.plot_comparison(rows, output / "comparison.svg")
    print(f"written to {output}")
    wrong = [row for row in rows if not row["unavailable"] and report.disagrees(row)]
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
