"""The IR of each phase, evaluated by cvt-reference in float64, against Hugging
Face in float64, and the compiled code against the IR.

So a difference that hf_check.py finds has a place: the frontend, a pass, or a
kernel.  Largest differences allowed, relative to the output's largest
magnitude: 1e-9 between Hugging Face and the imported IR, 1e-12 between the IR of
two phases, 2e-5 between IR and compiled code, which computes in float32, and
some percent in other formats.
"""

import sys

import numpy as np

import hf_check
import support

IMPORT_TOLERANCE = 1e-9
PHASE_TOLERANCE = 1e-12
CODE_TOLERANCES = {"f32": 2e-5, "bf16": 0.03, "int8": 0.1}
BATCH = 2
PHASES = ("fuse", "precision")
# Seconds a picture, not milliseconds: the evaluator is slow.
TOO_LARGE = ("cvt-13", "cvt-13-rectangle")
# These are compiled to code, too; hf_check.py does it for all.
COMPILED = (
    *("two-stages-odd", "average-pooling", "class-token-everywhere"),
    "quick-gelu",
)


def round_constants(model):
    """Gives Hugging Face the constants that the IR holds, which are float32.
    In float64 it would compute with others: 1e-5, 21**-0.5."""
    for module in model.modules():
        for name in ("eps", "scale"):
            value = getattr(module, name, None)
            if isinstance(value, float):
                setattr(module, name, float(np.float32(value)))


class Case:
    """One architecture: its model folder, its input, and how to get results."""

    def __init__(self, checks, tools, name, image_size, flags):
        self.checks = checks
        self.tools = tools
        self.name = name
        self.folder = tools.work / name
        self.pixels = tools.work / f"{name}.npy"
        self.flags = ["--image-size=" + "x".join(map(str, image_size)), *flags]

    def phase(self, title, phase, *flags):
        """The outputs of the IR after a phase, or None: a failed check."""
        module = self._path(title).with_suffix(".mlir")
        if not self._compile(title, f"--stop-after={phase}", "-o", module, *flags):
            return None
        cvt_reference = self.tools.build / "bin" / "cvt-reference"
        return self._evaluate(title, cvt_reference, module, f"--weights={self.folder}")

    def code(self, title, *flags):
        """The outputs of the compiled code, or None: a failed check."""
        artifact = self._path(title).with_suffix(".cvt")
        if not self._compile(title, "-o", artifact, *flags):
            return None
        return self._evaluate(title, self.tools.cvt_run, artifact)

    def _path(self, title):
        words = title.replace(",", "").split()
        return self.tools.work / "-".join([self.name, *words])

    def _compile(self, title, *flags):
        return self._run(
            title, self.tools.cvt_compile, self.folder, *self.flags, *flags
        )

    def _evaluate(self, title, *command):
        folder = self._path(title)
        flags = [f"--input={self.pixels}", f"--output-dir={folder}"]
        if not self._run(title, *command, *flags):
            return None
        return {path.stem: np.load(path) for path in folder.glob("*.npy")}

    def _run(self, title, *command):
        result = support.run(*command)
        if result.code != 0:
            why = f"{command[0].name}: {result.summary()}"
            self.checks.check(f"{self.name}, {title}", False, why)
        return result.code == 0

    def compare(self, title, found, expected, names, tolerance):
        """Checks that just the outputs `names` were found, and their values."""
        if found is None:
            return
        title = f"{self.name}, {title}"
        if found.keys() != set(names):
            why = f"found {sorted(found)}, expected {sorted(names)}"
            self.checks.check(title, False, why)
            return
        worst, name = max(
            (hf_check.ratio(found[name], expected[name]), name) for name in names
        )
        self.checks.check(title, worst <= tolerance, f"{worst:.1e} ({name})")


def check_architecture(case, torch, make_model, architecture):
    model = make_model.build(architecture)
    make_model.write(model, case.folder)
    pixels = torch.randn(
        BATCH,
        model.config.num_channels,
        *architecture["image_size"],
        generator=torch.Generator().manual_seed(1),
    )
    np.save(case.pixels, pixels.numpy())
    round_constants(model.double())
    exact = hf_check.all_outputs(torch, model, pixels.double())

    names = exact.keys()
    imported = case.phase("import", "import")
    case.compare("import", imported, exact, names, IMPORT_TOLERANCE)
    if imported is None or imported.keys() != names:
        return
    all_flag = hf_check.all_flag(names)
    for phase in PHASES:
        found = case.phase(phase, phase, all_flag)
        case.compare(phase, found, imported, names, PHASE_TOLERANCE)
        # Where not all is asked for, passes leave work out.
        title = f"{phase}, default outputs"
        defaults = hf_check.default_names(names)
        found = case.phase(title, phase)
        case.compare(title, found, imported, defaults, PHASE_TOLERANCE)
    # cvt-reference rounds nothing to the formats that are set.
    for flag in ("--precision=bf16", "--precision=int8"):
        title = flag.removeprefix("--").replace("=", " ")
        found = case.phase(title, "precision", all_flag, flag)
        case.compare(title, found, imported, names, PHASE_TOLERANCE)
    if case.name in COMPILED:
        for precision, tolerance in CODE_TOLERANCES.items():
            title = f"code in {precision}"
            found = case.code(title, all_flag, f"--precision={precision}")
            case.compare(title, found, imported, names, tolerance)


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
    tools = support.Tools(options.build, "reference")
    small = make_model.ARCHITECTURES.keys() - TOO_LARGE
    for name, architecture in make_model.ARCHITECTURES.items():
        if name in (options.architectures or small):
            flags = make_model.compile_flags(architecture)
            case = Case(checks, tools, name, architecture["image_size"], flags)
            check_architecture(case, torch, make_model, architecture)
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
