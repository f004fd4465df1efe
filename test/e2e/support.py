"""What the end-to-end checks share: finding and running the tools of a build,
and reporting one line for each check and the totals as the last line."""

import argparse
import dataclasses
import os
import pathlib
import subprocess
import tempfile
import time

SOURCE = pathlib.Path(__file__).resolve().parents[2]
DIGITS = SOURCE / "test" / "models" / "cvt-digits"
# Before Tools changes it.
USER_ENVIRONMENT = dict(os.environ)


class Checks:
    """Counts and prints checks.  A failure does not stop the ones after it."""

    def __init__(self):
        self.counts = {"passed": 0, "failed": 0, "skipped": 0}

    def _report(self, outcome, mark, name, detail):
        self.counts[outcome] += 1
        print(f"{mark:4} {name}" + (f": {detail}" if detail else ""), flush=True)

    def check(self, name, holds, detail=""):
        if holds:
            self._report("passed", "ok", name, detail)
        else:
            self._report("failed", "FAIL", name, detail)
        return bool(holds)

    def skip(self, name, why):
        self._report("skipped", "skip", name, why)

    def finish(self):
        """Prints the totals; returns the exit code."""
        passed, failed, skipped = self.counts.values()
        print(
            f"{passed} passed, {failed} failed"
            + (f", {skipped} skipped" if skipped else "")
        )
        return 1 if failed else 0


@dataclasses.dataclass
class Result:
    """How a process ended.  A negative code is the signal that ended it."""

    code: int
    out: str
    err: str
    seconds: float
    peak_mib: float

    def summary(self):
        """The exit code and the last line of the errors, for messages."""
        lines = self.err.strip().splitlines()
        return f"exit code {self.code}" + (f", {lines[-1]}" if lines else "")


def run(*command, env=None):
    """Runs a command to its end, measuring its time and peak memory.  `env`:
    variables beside those of this process."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        started = time.monotonic()
        process = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            env={**os.environ, **(env or {})},
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        texts = []
        for stream in (out, err):
            stream.seek(0)
            texts.append(stream.read().decode(errors="replace"))
    return Result(process.returncode, *texts, seconds, usage.ru_maxrss / 1024)


def argument_parser(description):
    """The flag that every check has: --build."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument(
        "--build",
        type=pathlib.Path,
        default=SOURCE / "build",
        help="the build folder whose bin/ holds the tools",
    )
    return parser


class Tools:
    """The tools of one build, and a folder in it for the files of one check:
    `work`, removed when the check ends, so that checks may run beside each
    other.  They share compiled kernels, and leave the user's alone."""

    def __init__(self, build, check):
        self.build = pathlib.Path(build).resolve()
        self.cvt_compile = self.build / "bin" / "cvt-compile"
        self.cvt_run = self.build / "bin" / "cvt-run"
        self._folder = tempfile.TemporaryDirectory(
            prefix=f"{check}-", dir=self.build
        )
        self.work = pathlib.Path(self._folder.name)
        os.environ["XDG_CACHE_HOME"] = str(self.build / "test-cache")
