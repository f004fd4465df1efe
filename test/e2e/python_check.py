"""The Python package installed by pip: what is in it, what it needs, its console
scripts, and test/python with it."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

import python_environment
import support

# Beside .venv, by tools/setup.sh.
TENSORFLOW_PYTHON = support.SOURCE / ".venv-tensorflow" / "bin" / "python"
PACKAGE = support.SOURCE / "python" / "cvtc"
PICTURE = support.DIGITS / "test-images" / "0004-four.png"
# Built for the wheel, beside the files of python/cvtc.
BUILT = {"_native.pyi", "bin/cvt-compile", "bin/cvt-run", "lib/libHalide.so"}
# What a new virtual environment has, and cvtc's one requirement.
DISTRIBUTIONS = {"cvtc", "numpy", "pip", "setuptools"}
SYSTEM_LIBRARY = re.compile(
    r"(ld-linux-x86-64|lib(c|m|dl|rt|pthread|gcc_s|stdc\+\+))\.so(\.\d+)?"
)
NEEDED = re.compile(r"\(NEEDED\).*\[(.*)\]")
RUN_PATH = re.compile(r"\(R(?:UN)?PATH\).*\[(.*)\]")
# Its users import no framework.
IMPORT = """
import json, sys, cvtc
frameworks = {"halide", "tensorflow", "torch", "transformers"}
print(json.dumps([cvtc.__version__, sorted(frameworks & set(sys.modules))]))
"""


def install(checks, tools):
    started = time.monotonic()
    try:
        environment = python_environment.environment(tools.build)
    except subprocess.CalledProcessError as error:
        checks.check("pip install .", False, f"{error}\n{error.output[-3000:]}")
        return None
    seconds = time.monotonic() - started
    checks.check("pip install .", True, f"{seconds:.0f} s")
    return environment


def relative_files(folder):
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def check_files(checks, environment):
    installed = relative_files(environment.packages / "cvtc")
    modules = {name for name in installed if re.fullmatch(r"_native\.\S+\.so", name)}
    difference = (installed - modules) ^ (relative_files(PACKAGE) | BUILT)
    checks.check(
        "the package's files",
        len(modules) == 1 and not difference,
        ", ".join(sorted(difference)) or f"{len(installed)}",
    )


def check_distributions(checks, environment):
    result = support.run(
        environment.python, "-m", "pip", "list", "--format=json"
    )
    names = {package["name"] for package in json.loads(result.out)}
    checks.check(
        "numpy is all that comes with it",
        {"cvtc", "numpy"} <= names <= DISTRIBUTIONS,
        ", ".join(sorted(names)),
    )


def check_libraries(checks, environment):
    """Nothing outside the package but libc and g++'s libraries is needed."""
    package = environment.packages / "cvtc"
    readelf = shutil.which("readelf")
    if not readelf:
        checks.skip("libraries needed", "readelf is not installed")
        return
    for path in (*package.glob("*.so"), *package.glob("*/*")):
        with open(path, "rb") as file:
            if file.read(4) != b"\x7fELF":
                continue
        dynamic = support.run(readelf, "--wide", "--dynamic", path).out
        folders = [
            (path.parent / part.replace("$ORIGIN/", "")).resolve()
            for found in RUN_PATH.findall(dynamic)
            for part in found.split(":")
        ]
        outside = [str(f) for f in folders if not f.is_relative_to(package)]
        needed = [
            name
            for name in NEEDED.findall(dynamic)
            if not SYSTEM_LIBRARY.fullmatch(name)
        ]
        missing = [
            name
            for name in needed
            if not any((folder / name).is_file() for folder in folders)
        ]
        checks.check(
            f"libraries that {path.name} needs",
            not outside and not missing,
            ", ".join(outside + missing or needed),
        )


def check_import(checks, environment):
    result = support.run(environment.python, "-c", IMPORT)
    shown = json.loads(result.out) if result.code == 0 else [None, []]
    compiler = support.run(environment.scripts / "cvt-compile", "--version")
    checks.check(
        "import cvtc",
        result.code == 0
        and not shown[1]
        and compiler.out.startswith(f"cvtc {shown[0]},"),
        result.summary() if result.code else f"version {shown[0]}, {shown[1]}",
    )


def check_scripts(checks, tools, environment):
    model = tools.work / "digits.cvt"
    compiled = support.run(
        environment.scripts / "cvt-compile", support.DIGITS, "-o", model
    )
    checks.check("cvt-compile", compiled.code == 0, compiled.summary())
    result = support.run(
        environment.scripts / "cvt-run", model, PICTURE, "--top-k=1"
    )
    checks.check(
        "cvt-run",
        result.code == 0 and "%  four\n" in result.out,
        result.summary(),
    )
    wrong = support.run(environment.scripts / "cvt-run", "--no-such-flag")
    checks.check("exit codes are the tools'", wrong.code == 2, wrong.summary())

    shutil.copy(PACKAGE / "_tools.py", tools.work)
    alone = support.run(
        *(environment.python, "-c", "import _tools; _tools.cvt_run()"),
        env={"PYTHONPATH": str(tools.work)},
    )
    checks.check(
        "a tool that is missing",
        alone.code == 1
        and alone.err.startswith("cvt-run: ")
        and alone.err.endswith(": No such file or directory; install cvtc again\n"),
        alone.summary(),
    )


def run_tests(checks, tools, environment):
    """test/python with the installed package in the environments of PyTorch and
    of TensorFlow.  A test counts as skipped only if it is in both."""
    # The package alone: what else is installed beside it is not for others.
    folder = tools.work / "package"
    folder.mkdir()
    os.symlink(environment.packages / "cvtc", folder / "cvtc")
    results = {}
    for python in (sys.executable, TENSORFLOW_PYTHON):
        name = pathlib.Path(python).parents[1].name
        result = support.run(
            *(python, support.SOURCE / "test" / "python" / "run.py"),
            env={"PYTHONPATH": str(folder)},
        )
        lines = result.out.splitlines()
        for line in lines[:-1]:
            mark, _, rest = line.partition(" ")
            test, _, detail = rest.partition(": ")
            results.setdefault(test, []).append((mark, f"{name}: {detail}"))
        ended = bool(lines) and re.fullmatch(r"\d+ passed, .*", lines[-1])
        checks.check(
            f"test/python in {name}", ended, lines[-1] if ended else result.summary()
        )
        if result.code != 0:
            print(result.err)
    for test, outcomes in results.items():
        marks = [mark for mark, _ in outcomes]
        details = [f"{mark} in {detail}" for mark, detail in outcomes if mark != "ok"]
        if all(mark == "skip" for mark in marks):
            checks.skip(test, "; ".join(details))
        else:
            failed = "FAIL" in marks
            checks.check(test, not failed, "; ".join(details) if failed else "")


def main():
    options = support.argument_parser(__doc__.splitlines()[0]).parse_args()
    tools = support.Tools(options.build, "python")
    checks = support.Checks()
    environment = install(checks, tools)
    if environment:
        check_files(checks, environment)
        check_distributions(checks, environment)
        check_libraries(checks, environment)
        check_import(checks, environment)
        check_scripts(checks, tools, environment)
        run_tests(checks, tools, environment)
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
