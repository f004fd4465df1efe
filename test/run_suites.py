"""Runs every suite of tests and adds up the results; called by tools/test.sh.

Suites: the unit tests of the build (ctest), the lit tests, each
test/e2e/*_check.py, and under the address and undefined-behaviour sanitizers
the unit tests of frontend and runtime and the damaged artifacts.  Whatever a
suite does not run, it says why.  The last line is the total.
"""

import os
import pathlib
import re
import subprocess
import sys
import time
import xml.etree.ElementTree

SOURCE = pathlib.Path(__file__).resolve().parents[1]
BUILD = SOURCE / "build"
SANITIZED = SOURCE / "build-asan"
BIN = pathlib.Path(sys.executable).parent
JOBS = "-j2"
TOTALS = re.compile(r"(\d+) passed, (\d+) failed(?:, (\d+) skipped)?")


class Totals:
    """Tests by outcome."""

    def __init__(self, passed=0, failed=0, skipped=0):
        self.passed, self.failed, self.skipped = passed, failed, skipped

    def __iadd__(self, other):
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped
        return self

    def __str__(self):
        text = f"{self.passed} passed, {self.failed} failed"
        return text + (f", {self.skipped} skipped" if self.skipped else "")


def run(command, **environment):
    """Runs a command, its output shown and returned with its exit code."""
    process = subprocess.Popen(
        [str(part) for part in command],
        cwd=SOURCE,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    lines = []
    for line in process.stdout:
        print("  " + line, end="", flush=True)
        lines.append(line)
    return process.wait(), lines


def run_quietly(command):
    """As run, but shows the output only of a command that fails."""
    result = subprocess.run(
        [str(part) for part in command],
        cwd=SOURCE,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if result.returncode != 0:
        print(result.stdout + result.stderr)
    return result.returncode == 0


def count_junit(path, on_skip):
    """Totals of one JUnit file: ctest's, GoogleTest's or lit's."""
    totals = Totals()
    for case in xml.etree.ElementTree.parse(path).iter("testcase"):
        skipped = case.find("skipped")
        if case.find("failure") is not None or case.find("error") is not None:
            totals.failed += 1
        elif skipped is not None or case.get("status") == "notrun":
            totals.skipped += 1
            reason = "disabled" if skipped is None else skipped.get("message")
            on_skip(case.get("name"), reason or "no reason given")
        else:
            totals.passed += 1
    return totals


def show_skip(name, reason):
    print(f"  skip {name}: {' '.join(reason.split())}")


def run_ctest(build):
    """Counts test cases, not programs: each program says in a file which cases
    it ran.  One that wrote none is a case: passed, failed or skipped."""
    results = build / "test-results"
    results.mkdir(exist_ok=True)
    for stale in results.glob("*.xml"):
        stale.unlink()
    summary = results / "ctest.xml"
    code, _ = run(
        [
            *(BIN / "ctest", "--test-dir", build, JOBS, "--output-on-failure"),
            *("--no-tests=error", "--output-junit", summary),
        ],
        GTEST_OUTPUT=f"xml:{results}/",
    )
    totals = Totals()
    for program in xml.etree.ElementTree.parse(summary).iter("testcase"):
        totals += count_program(program, results / f"{program.get('name')}.xml")
    if code != 0:
        totals.failed = max(totals.failed, 1)
    return totals


def count_program(program, cases):
    """Totals of a program in ctest's summary, with the file of its cases."""
    if cases.exists():
        found = count_junit(cases, show_skip)
        if program.get("status") != "run":
            found.failed = max(found.failed, 1)
        return found
    if program.get("status") == "run":
        return Totals(passed=1)
    printed = (program.findtext("system-out") or "").strip()
    # ctest does not run a program that it has not found either.
    if program.get("status") not in ("notrun", "disabled") or printed.startswith(
        "Unable to find executable"
    ):
        return Totals(failed=1)
    show_skip(program.get("name"), printed or "no reason given")
    return Totals(skipped=1)


def run_lit():
    report = BUILD / "test-results" / "lit.xml"
    report.unlink(missing_ok=True)
    run(
        [
            *(BIN / "lit", "-sv", "--no-progress-bar", JOBS),
            *(f"--xunit-xml-output={report}", BUILD / "test"),
        ]
    )
    return count_junit(report, show_skip)


def run_check(script, *flags):
    """A script that prints a line for each check, and its totals last."""
    code, lines = run([sys.executable, SOURCE / "test" / "e2e" / script, *flags])
    match = TOTALS.fullmatch(lines[-1].strip()) if lines else None
    if not match:
        return Totals(failed=1)
    totals = Totals(*(int(number or 0) for number in match.groups()))
    if code != 0:
        totals.failed = max(totals.failed, 1)
    return totals


def run_sanitized():
    """Builds frontend and runtime with sanitizers, and runs what they can."""
    build = [
        [BIN / "cmake", "--preset", "asan", f"-DPython3_EXECUTABLE={sys.executable}"],
        [BIN / "cmake", "--build", SANITIZED],
    ]
    if not all(run_quietly(command) for command in build):
        return Totals(failed=1)
    totals = run_ctest(SANITIZED)
    totals += run_check(
        "damage_check.py", f"--cvt-run={SANITIZED}/bin/cvt-run", "--every=16"
    )
    return totals


def suites():
    yield "unit tests", lambda: run_ctest(BUILD)
    yield "lit", run_lit
    for script in sorted((SOURCE / "test" / "e2e").glob("*_check.py")):
        yield script.name, lambda: run_check(script.name)
    yield "sanitizers", run_sanitized


def main():
    os.environ["PATH"] = f"{BIN}{os.pathsep}{os.environ['PATH']}"
    total = Totals()
    for name, suite in suites():
        print(f"== {name}", flush=True)
        started = time.monotonic()
        try:
            totals = suite()
        except (OSError, xml.etree.ElementTree.ParseError) as error:
            print(f"  the suite could not run: {error}")
            totals = Totals(failed=1)
        seconds = time.monotonic() - started
        print(f"== {name}: {totals} in {seconds:.0f} s\n", flush=True)
        total += totals
    print(total)
    return 1 if total.failed or not total.passed else 0


if __name__ == "__main__":
    sys.exit(main())
