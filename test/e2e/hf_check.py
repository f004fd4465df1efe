"""Compiled models against Hugging Face, live: every output of every
architecture of architectures.json, at batches 1 to 5.

Each architecture is compiled twice: with its default outputs, where the
compiler may leave work out, and with all outputs.  Largest difference allowed:
2e-5 of the output's largest magnitude.  Beside ours, the line of an
architecture shows how far Hugging Face in float32 itself is from float64.
"""

import copy
import sys

import numpy as np

import support

TOLERANCE = 2e-5
BATCHES = range(1, 6)
MAX_BATCH = 3  # so that batches 4 and 5 run in chunks
# One small architecture stands for all where only the road differs.
SMALL = "two-stages-odd"
# The CPU flags, as Linux names them, that a target needs.
V3 = {"avx2", "fma", "f16c", "bmi1", "bmi2", "abm", "movbe"}
V4 = V3 | {"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"}
ICELAKE = V4 | {"avx512_vnni", "avx512_vbmi2", "gfni", "vaes"}
TARGETS = {
    "x86-64-v3": V3,
    "x86-64-v4": V4,
    "icelake": ICELAKE,
    "znver4": ICELAKE | {"avx512_bf16"},
    "x86-64-v4,x86-64-v3": V3,
}


def all_outputs(torch, model, pixel_values):
    """Hugging Face's outputs by the names of our files.  Hidden states are
    always asked for: without, it fails where there is no class token."""
    with torch.inference_mode():
        found = model.base_model(pixel_values, output_hidden_states=True)
        outputs = {"last_hidden_state": found.last_hidden_state}
        if found.cls_token_value is not None:
            outputs["cls_token_value"] = found.cls_token_value
        for index, state in enumerate(found.hidden_states):
            outputs[f"hidden_states_{index}"] = state
        if model is not model.base_model:
            outputs["logits"] = model(pixel_values, output_hidden_states=True).logits
    return {name: value.numpy() for name, value in outputs.items()}


def default_names(outputs):
    """Those of all outputs that the compiler keeps when none are named."""
    if "logits" in outputs:
        return ["logits"]
    return [name for name in outputs if not name.startswith("hidden_states")]


def all_flag(outputs):
    """The flag that names all outputs."""
    names = [name for name in outputs if not name.startswith("hidden_states")]
    return "--outputs=" + ",".join([*names, "hidden_states"])


class Reference:
    """A model, its input of the largest batch, and Hugging Face's outputs."""

    def __init__(self, torch, model, architecture):
        config = model.config
        generator = torch.Generator().manual_seed(1)
        self.image_size = architecture["image_size"]
        self.pixel_values = torch.randn(
            max(BATCHES), config.num_channels, *self.image_size, generator=generator
        )
        single = copy.deepcopy(model).float()
        self.outputs = all_outputs(torch, single, self.pixel_values)
        exact = all_outputs(torch, single.double(), self.pixel_values.double())
        self.rounding = max(
            ratio(self.outputs[name], exact[name]) for name in exact
        )


def ratio(found, expected):
    """The largest difference relative to the largest expected magnitude."""
    if found.shape != expected.shape:
        return float("inf")
    return float(np.abs(found - expected).max() / np.abs(expected).max())


def compare(tools, artifact, reference, names):
    """Runs all batches.  Returns (worst ratio, None) or (None, what failed)."""
    worst = 0.0
    for batch in BATCHES:
        pixels = tools.work / "pixel_values.npy"
        np.save(pixels, reference.pixel_values[:batch].numpy())
        folder = artifact.with_suffix(f".outputs-{batch}")
        result = support.run(
            tools.cvt_run,
            artifact,
            f"--input={pixels}",
            f"--output-dir={folder}",
            f"--threads={1 + batch % 2}",
        )
        if result.code != 0:
            return None, f"cvt-run, batch {batch}: {result.summary()}"
        written = sorted(path.stem for path in folder.iterdir())
        if written != sorted(names):
            return None, f"wrote {written}, expected {sorted(names)}"
        for name in names:
            found = np.load(folder / f"{name}.npy")
            here = ratio(found, reference.outputs[name][:batch])
            if not here <= TOLERANCE:
                return None, (
                    f"{name}, batch {batch}: {here:.1e}, shape {found.shape}"
                )
            worst = max(worst, here)
    return worst, None


def check(checks, tools, title, folder, reference, all_outputs=True, flags=()):
    """Compiles the model in `folder` and compares it with the reference."""
    size = reference.image_size
    flags = [
        f"--max-batch={MAX_BATCH}",
        "--image-size=" + "x".join(map(str, size)),
        *flags,
    ]
    variants = {"default": ([], default_names(reference.outputs))}
    if all_outputs:
        variants["all"] = ([all_flag(reference.outputs)], list(reference.outputs))
    worst, seconds = {}, 0.0
    for variant, (outputs, names) in variants.items():
        artifact = tools.work / f"{folder.name}-{variant}.cvt"
        result = support.run(
            tools.cvt_compile, folder, "-o", artifact, *flags, *outputs
        )
        seconds += result.seconds
        failed = None if result.code == 0 else f"cvt-compile: {result.summary()}"
        if not failed:
            worst[variant], failed = compare(tools, artifact, reference, names)
        if failed:
            checks.check(title, False, f"{variant} outputs: {failed}")
            return
    shown = ", ".join(f"{name} {value:.1e}" for name, value in worst.items())
    checks.check(
        title,
        True,
        f"{shown} (Hugging Face's rounding {reference.rounding:.1e}),"
        f" compiled in {seconds:.1f} s",
    )


def check_architectures(checks, tools, torch, make_model, only):
    for name, architecture in make_model.ARCHITECTURES.items():
        if only and name not in only:
            continue
        model = make_model.build(architecture)
        folder = tools.work / name
        make_model.write(model, folder)
        reference = Reference(torch, model, architecture)
        flags = make_model.compile_flags(architecture)
        check(checks, tools, name, folder, reference, flags=flags)


def check_checkpoints(checks, tools, torch, make_model):
    """The same model stored in other number formats, and in several files."""
    architecture = make_model.ARCHITECTURES[SMALL]
    for title, form in {
        "float16": {"dtype": "float16"},
        "bfloat16": {"dtype": "bfloat16"},
        "float64": {"dtype": "float64"},
        "sharded": {"shard_size": "20KB"},
    }.items():
        model = make_model.build(architecture)
        folder = tools.work / f"{SMALL}-{title}"
        make_model.write(model, folder, **form)
        reference = Reference(torch, model, architecture)
        check(checks, tools, f"{SMALL}, {title}", folder, reference, False)


def check_targets(checks, tools, torch, make_model):
    """Code for other instruction sets: right, or refused by the runtime."""
    with open("/proc/cpuinfo") as lines:
        flags = next(line for line in lines if line.startswith("flags"))
    flags = set(flags.split())
    architecture = make_model.ARCHITECTURES[SMALL]
    model = make_model.build(architecture)
    reference = Reference(torch, model, architecture)
    for target, needed in TARGETS.items():
        folder = tools.work / f"{SMALL}-{target}"
        make_model.write(model, folder)
        title = f"{SMALL}, {target}"
        flag = f"--target={target}"
        if needed <= flags:
            check(checks, tools, title, folder, reference, False, [flag])
            continue
        artifact = tools.work / f"{folder.name}.cvt"
        support.run(tools.cvt_compile, folder, "-o", artifact, flag)
        result = support.run(tools.cvt_run, artifact, "--info")
        checks.check(f"{title}, refused", result.code == 3, result.summary())


def main():
    parser = support.argument_parser(__doc__.splitlines()[0])
    parser.add_argument(
        "architectures", nargs="*", help="only these of architectures.json"
    )
    options = parser.parse_args()
    checks = support.Checks()
    try:
        import torch
        import make_model
    except ImportError as error:
        checks.skip("comparison with Hugging Face", str(error))
        return checks.finish()
    tools = support.Tools(options.build, "hf")
    check_architectures(checks, tools, torch, make_model, options.architectures)
    if not options.architectures:
        check_checkpoints(checks, tools, torch, make_model)
        check_targets(checks, tools, torch, make_model)
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
