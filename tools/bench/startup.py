"""From nothing to the label of a picture: time and memory of a fresh process.

All files are in the page cache.  Ours is cvt-run; peers are Python scripts that
import as little as they can.
"""

import json
import pathlib
import statistics
import subprocess
import sys

import measure
import models
import peers
import report

FOLDER = pathlib.Path(__file__).parent
PICTURE = models.SOURCE / "test/models/cvt-digits/test-images/0004-four.png"
MEGA = 1e6


def start_process(command):
    """Milliseconds and peak resident bytes of a process.  A small process
    starts it: memory of the one that forks would count as the child's."""
    result = subprocess.run(
        [sys.executable, "-I", "-S", FOLDER / "launch.py", *map(str, command)],
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(result.stdout)


def our_command(model, precision, threads):
    artifact = model.artifact(precision, "native")
    return [
        *(model.build / "bin" / "cvt-run", artifact, PICTURE),
        *("--top-k=1", f"--threads={threads}"),
    ]


def peer_command(peer, model, threads):
    network = model.onnx
    if peer == "openvino":
        models.make_openvino_one_image(model)
        network = model.openvino_one_image
    return [
        *(sys.executable, FOLDER / "classify.py", peer, network, PICTURE),
        *(model.image_size[0], threads, model.folder / "openvino-cache"),
    ]


def weight_bytes(model, precision):
    """What the artifact holds, as packed."""
    result = subprocess.run(
        [model.build / "bin" / "cvt-run", model.artifact(precision, "native")]
        + ["--info", "--json"],
        capture_output=True,
        check=True,
    )
    return json.loads(result.stdout)["weights_bytes"]


def one_inference(peer, model, precision, threads, rounds):
    setup = peers.Setup(precision, 1, threads, "native")
    worker = measure.Worker(peer, model, setup)
    try:
        turns = [worker.turn(rounds.turn_seconds) for _ in range(rounds.count)]
    finally:
        worker.close()
    return statistics.median(time for turn in turns for time in turn)


def measure_startup(model, precisions, threads, rounds):
    """One row for ours in each precision and for each peer in f32."""
    rows, commands = [], {}
    for peer, precision in [("cvt", precision) for precision in precisions] + [
        ("onnxruntime", "f32"),
        ("openvino", "f32"),
    ]:
        row = {"peer": peer, "precision": precision}
        rows.append(row)
        try:
            row["inference_ms"] = one_inference(peer, model, precision, threads, rounds)
        except models.NotAvailable as error:
            row["unavailable"] = str(error)
            continue
        if peer == "cvt":
            row["weights_mb"] = weight_bytes(model, precision) / MEGA
            commands[peer, precision] = our_command(model, precision, threads)
        else:
            commands[peer, precision] = peer_command(peer, model, threads)
        start_process(commands[peer, precision])  # fills caches
    runs = {key: [] for key in commands}
    for _ in range(rounds.count):
        for key, command in commands.items():
            runs[key].append(start_process(command))
    for row in rows:
        found = runs.get((row["peer"], row["precision"]))
        if found:
            row["start_ms"] = statistics.median(run["ms"] for run in found)
            row["peak_mb"] = max(run["peak_bytes"] for run in found) / MEGA
    return rows


def text(rows):
    measured = [row for row in rows if "unavailable" not in row]
    lines = [
        report.table(
            ["precision", "peer", "process ms", "one inference ms", "ratio"]
            + ["peak MB", "weights MB", "beyond"],
            [
                [
                    *(row["precision"], row["peer"]),
                    *(row["start_ms"], row["inference_ms"]),
                    row["start_ms"] / row["inference_ms"],
                    *(row["peak_mb"], row.get("weights_mb")),
                    row["peak_mb"] - row["weights_mb"] if "weights_mb" in row else None,
                ]
                for row in measured
            ],
        )
    ]
    for row in rows:
        if "unavailable" in row:
            lines.append(
                f"not available: {row['peer']} {row['precision']}: "
                + row["unavailable"]
            )
    return "\n".join(lines)
