"""Compares this project with its peers on this machine: see README.md."""

import argparse
import os
import pathlib
import platform
import sys

import accuracy
import kernel_table
import measure
import models
import peers
import python_call
import report
import scaling
import startup

# The model of all sections but the comparison.
MODEL = "cvt-13"
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
    for name, values in (
        ("--sections", SECTIONS),
        ("--models", models.MODELS),
        ("--peers", peers.MODULES),
        ("--precisions", PRECISIONS),
    ):
        text = f"of {', '.join(values)}, with commas between; default all"
        add(name, type=words(values), default=list(values), help=text)
    add("--batches", type=numbers, default=[1, 8])
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
    add(
        "--update-readme",
        action="store_true",
        help="put the table of --sections=kernels into compiler/kernels/README.md",
    )
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


def open_model(name, options):
    model = models.Model(name, options.build.resolve())
    models.make_hugging_face(model)
    return model


def rounds_of(options):
    return measure.Rounds(options.rounds, options.turn_seconds)


def compare(options, output):
    rows = []
    for name in options.models:
        model = open_model(name, options)
        for batch in options.batches:
            setup = peers.Setup("f32", batch, options.threads, options.isa)
            found = measure.measure_model(
                model, options.peers, options.precisions, setup, rounds_of(options)
            )
            print(report.comparison(found), end="\n\n", flush=True)
            rows += found
    report.plot_comparison(rows, output / "comparison.svg")
    return rows, report.comparison(rows)


def scale(options, _output):
    model = open_model(MODEL, options)
    results = [
        scaling.measure_precision(model, precision, options.threads, rounds_of(options))
        for precision in options.precisions
    ]
    return results, scaling.text(results, options.threads)


def check_accuracy(options, _output):
    model = open_model(MODEL, options)
    logits = accuracy.measure_logits(model, options.precisions, options.threads)
    digits = accuracy.measure_digits(model.build, options.precisions)
    return {"logits": logits, "digits": digits}, accuracy.text(logits, digits)


def start(options, _output):
    rows = startup.measure_startup(
        open_model(MODEL, options),
        options.precisions,
        options.threads,
        rounds_of(options),
    )
    return rows, startup.text(rows)


def call_python(options, _output):
    rows = python_call.measure_calls(options.build, rounds_of(options))
    return rows, python_call.text(rows)


def measure_kernels(options, _output):
    texts = kernel_table.measure_kernels(
        open_model(MODEL, options), options.precisions, options.threads
    )
    text = "\n".join(texts)
    if options.update_readme:
        kernel_table.update_readme(text)
    return texts, text


# Each returns what goes into the JSON file, and its text.
SECTIONS = {
    "comparison": compare,
    "scaling": scale,
    "accuracy": check_accuracy,
    "startup": start,
    "python": call_python,
    "kernels": measure_kernels,
}


def main():
    options = parse_options()
    output = options.output or options.build / "bench" / "results"
    output.mkdir(parents=True, exist_ok=True)
    results = {"machine": machine()}
    for name in options.sections:
        results[name], text = SECTIONS[name](options, output)
        print(f"== {name}\n{text}\n", flush=True)
        (output / f"{name}.txt").write_text(text + "\n")
    report.write_json(results, output / "bench.json")
    print(f"written to {output}")
    wrong = [
        row
        for row in results.get("comparison", [])
        if not row["unavailable"] and report.disagrees(row)
    ]
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
