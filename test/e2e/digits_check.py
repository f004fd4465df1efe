"""The demo model on all of its test pictures: labels, logits and pixel values
against what Hugging Face computed (test/models/cvt-digits/expected)."""

import json
import shutil
import sys

import numpy as np

import support

PICTURES = support.DIGITS / "test-images"
EXPECTED = support.DIGITS / "expected"
TOLERANCE = 1e-4
# Of 360 labels, how many must stay in other formats, and how far the logits
# may move.
KEPT = 358
TOLERANCES = {"bf16": 0.01, "int8": 0.03}


def softmax(logits):
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def check_labels(checks, tools, model, names, logits, labels):
    """The pictures, as a user classifies them."""
    result = support.run(tools.cvt_run, model, PICTURES, "--json", "--batch=7")
    if not checks.check(
        "classify the folder", result.code == 0, result.summary()
    ):
        return
    lines = [json.loads(line) for line in result.out.splitlines()]
    shown = [line["image"].rsplit("/", 1)[-1] for line in lines]
    if not checks.check("one line a picture, by name", shown == names):
        return
    best = [line["predictions"][0] for line in lines]
    right = sum(
        found["index"] == row.argmax() and found["label"] == labels[row.argmax()]
        for found, row in zip(best, logits)
    )
    checks.check(
        "labels", right == len(names), f"{right} of {len(names)} as expected"
    )
    error = np.abs(
        np.array([found["score"] for found in best]) - softmax(logits).max(axis=1)
    ).max()
    checks.check("scores", error <= TOLERANCE, f"at most {error:.1e} off")
    full = all(
        len(line["predictions"]) == 5
        and [p["score"] for p in line["predictions"]]
        == sorted((p["score"] for p in line["predictions"]), reverse=True)
        for line in lines
    )
    checks.check("five predictions each, best first", full)


def save_pixel_values(checks, tools, model):
    """What our image processor makes of all pictures, or None."""
    path = tools.work / "pixel_values.npy"
    result = support.run(
        tools.cvt_run, model, PICTURES, f"--save-pixel-values={path}"
    )
    if not checks.check("save pixel values", result.code == 0, result.summary()):
        return None
    ours = np.load(path)
    expected = np.load(EXPECTED / "pixel_values_first2.npy")
    checks.check(
        "pixel values of the first two, bit by bit",
        ours.dtype == expected.dtype and ours[:2].tobytes() == expected.tobytes(),
    )
    return ours


def check_pixel_values_live(checks, ours, names):
    name = "pixel values of all pictures, bit by bit, live"
    try:
        from PIL import Image
        from transformers import ConvNextImageProcessor
    except ImportError as error:
        checks.skip(name, str(error))
        return
    processor = ConvNextImageProcessor.from_pretrained(support.DIGITS)
    pictures = [Image.open(PICTURES / file).convert("RGB") for file in names]
    expected = processor(pictures, return_tensors="np")["pixel_values"]
    checks.check(name, ours.tobytes() == expected.tobytes())


def check_logits(checks, tools, model, logits):
    pixels = tools.work / "pixel_values.npy"
    for threads in (1, 2):
        outputs = tools.work / f"outputs-{threads}"
        result = support.run(
            tools.cvt_run,
            model,
            f"--input={pixels}",
            f"--output-dir={outputs}",
            f"--threads={threads}",
        )
        name = f"logits with {threads} thread" + "s" * (threads > 1)
        if result.code != 0:
            checks.check(name, False, result.summary())
            continue
        ours = np.load(outputs / "logits.npy")
        error = (
            np.abs(ours - logits).max()
            if ours.shape == logits.shape
            else float("inf")
        )
        checks.check(name, error <= TOLERANCE, f"at most {error:.1e} off")


def check_precision(checks, tools, precision, names, logits):
    """Rounding may move a picture across a border, but rarely."""
    model = tools.work / f"cvt-digits-{precision}.cvt"
    result = support.run(
        *(tools.cvt_compile, support.DIGITS, "-o", model),
        *(f"--precision={precision}", f"--verify={PICTURES}"),
    )
    verified = result.out
    name = f"{precision}: compile"
    if not checks.check(name, result.code == 0, result.summary()):
        return
    outputs = tools.work / f"outputs-{precision}"
    result = support.run(
        tools.cvt_run,
        model,
        f"--input={tools.work / 'pixel_values.npy'}",
        f"--output-dir={outputs}",
    )
    name = f"{precision}: run"
    if not checks.check(name, result.code == 0, result.summary()):
        return
    computed = np.load(outputs / "logits.npy")
    kept = int((computed.argmax(1) == logits.argmax(1)).sum())
    checks.check(
        f"{precision}: labels", kept >= KEPT, f"{kept} of {len(names)} as in f32"
    )
    error = np.abs(computed - logits).max() / np.abs(logits).max()
    checks.check(
        f"{precision}: logits",
        0 < error <= TOLERANCES[precision],
        f"{error:.1e} off, relative to the largest",
    )
    spread = np.sqrt(((logits - logits.mean(axis=0)) ** 2).mean())
    expected = [
        np.sqrt(((computed - logits) ** 2).mean()) / spread,
        np.abs(computed - logits).max() / spread,
    ]
    printed = [float(word) for word in verified.split()[-2:]]
    checks.check(
        f"{precision}: --verify",
        np.allclose(printed, expected, rtol=0.01),
        f"printed {printed}, expected {expected[0]:.2e}, {expected[1]:.2e}",
    )


def check_unreadable(checks, tools, model, names):
    """A picture that cannot be read is reported, and the others go on."""
    folder = tools.work / "pictures"
    folder.mkdir()
    for name in names[:3]:
        shutil.copy(PICTURES / name, folder)
    damaged = folder / names[1]
    damaged.write_bytes(damaged.read_bytes()[:60])
    result = support.run(tools.cvt_run, model, folder, "--json")
    lines = [json.loads(line) for line in result.out.splitlines()]
    checks.check(
        "a damaged picture among good ones",
        result.code == 1
        and ["error" in line for line in lines] == [False, True, False]
        and ["predictions" in line for line in lines] == [True, False, True],
        result.summary(),
    )


def main():
    options = support.argument_parser(__doc__).parse_args()
    tools = support.Tools(options.build, "digits")
    checks = support.Checks()
    model = tools.work / "cvt-digits.cvt"
    result = support.run(tools.cvt_compile, support.DIGITS, "-o", model)
    if checks.check("compile", result.code == 0, result.summary()):
        names = sorted(path.name for path in PICTURES.iterdir())
        logits = np.load(EXPECTED / "logits.npy")
        config = json.loads((support.DIGITS / "config.json").read_text())
        labels = [config["id2label"][str(i)] for i in range(logits.shape[1])]
        check_labels(checks, tools, model, names, logits, labels)
        pixels = save_pixel_values(checks, tools, model)
        if pixels is not None:
            check_pixel_values_live(checks, pixels, names)
            check_logits(checks, tools, model, logits)
            for precision in TOLERANCES:
                check_precision(checks, tools, precision, names, logits)
        check_unreadable(checks, tools, model, names)
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
