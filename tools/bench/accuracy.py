"""How far the logits of each precision are from the same model in float64."""

import json
import subprocess

import numpy as np

import measure
import models
import peers
import report

INPUTS = 16
SEED = 7  # of inputs that nothing was calibrated on
DIGITS = models.SOURCE / "test" / "models" / "cvt-digits"
CANDIDATES = [
    (peer, precision)
    for precision in ("f32", "bf16", "int8")
    for peer in ("cvt", "openvino", "pytorch")
]


def logits_of(peer, precision, model, threads):
    setup = peers.Setup(precision, INPUTS, threads, "native")
    worker = measure.Worker(peer, model, setup, seed=SEED)
    worker.close()
    return worker.logits


def exact_logits(model):
    """What PyTorch computes in float64: any float32 result has an error of its
    own, which would count against those that share it least."""
    import torch

    pixel_values = torch.from_numpy(model.pixel_values(INPUTS, SEED))
    with torch.inference_mode():
        return model.load().double()(pixel_values.double()).logits.numpy()


def errors(logits, expected):
    """Relative to the spread of each logit across the inputs: what tells one
    input from another."""
    spread = np.sqrt(((expected - expected.mean(axis=0)) ** 2).mean())
    difference = logits - expected
    same = logits.argmax(axis=1) == expected.argmax(axis=1)
    return {
        "rms": float(np.sqrt((difference**2).mean()) / spread),
        "largest": float(np.abs(difference).max() / spread),
        "same_label": int(same.sum()),
    }


def measure_logits(model, chosen, threads):
    expected = exact_logits(model)
    rows = []
    for peer, precision in CANDIDATES:
        if precision not in chosen or precision not in peers.find(peer).PRECISIONS:
            continue
        row = {"peer": peer, "precision": precision}
        try:
            row |= errors(logits_of(peer, precision, model, threads), expected)
        except models.NotAvailable as error:
            row["unavailable"] = str(error)
        rows.append(row)
    return rows


def classify_digits(build, precision):
    """The label of each of the demo model's pictures."""
    artifact = build / "bench" / f"digits-{precision}.cvt"
    commands = (
        [build / "bin" / "cvt-compile", DIGITS, "-o", artifact]
        + [f"--precision={precision}"],
        [build / "bin" / "cvt-run", artifact, DIGITS / "test-images", "--json"],
    )
    for command in commands:
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        if result.returncode != 0:
            raise models.NotAvailable(result.stderr.strip().splitlines()[-1])
    lines = map(json.loads, result.stdout.splitlines())
    return [line["predictions"][0]["label"] for line in lines]


def measure_digits(build, chosen):
    expected = classify_digits(build, "f32")
    rows = []
    for precision in chosen:
        row = {"precision": precision, "pictures": len(expected)}
        try:
            found = classify_digits(build, precision)
            row["same_label"] = sum(map(str.__eq__, found, expected))
        except models.NotAvailable as error:
            row["unavailable"] = str(error)
        rows.append(row)
    return rows


def text(logits, digits):
    measured = [row for row in logits if "unavailable" not in row]
    lines = [
        report.table(
            ["precision", "peer", "rms error", "largest", f"labels of {INPUTS}"],
            [
                [
                    *(row["precision"], row["peer"]),
                    *(f"{row['rms']:.2e}", f"{row['largest']:.2e}"),
                    row["same_label"],
                ]
                for row in measured
            ],
        )
    ]
    for row in logits:
        if "unavailable" in row:
            lines.append(
                f"not available: {row['peer']} {row['precision']}: "
                + row["unavailable"]
            )
    for row in digits:
        found = row.get("unavailable") or (
            f"{row['same_label']} of {row['pictures']} labels as in f32"
        )
        lines.append(f"digits, ours in {row['precision']}: {found}")
    return "\n".join(lines)
