"""Tests of the Python package: every *_test.py in this folder.  One line for
each test, the totals as the last line; what went wrong in full on standard
error.

Tests the cvtc that is installed, else the one in python/.
"""

import importlib.util
import pathlib
import sys
import traceback
import unittest

FOLDER = pathlib.Path(__file__).resolve().parent
SOURCE = FOLDER.parents[1]


class Report(unittest.TestResult):
    """Prints each test as it ends.  A test with subtests is one test, which
    fails with the first of them that does."""

    def __init__(self):
        super().__init__()
        self.counts = {"passed": 0, "failed": 0, "skipped": 0}
        self._failed = None

    def _print(self, outcome, mark, test, detail=""):
        self.counts[outcome] += 1
        name = test.id().removeprefix("unittest.loader._FailedTest.")
        print(f"{mark} {name}" + (f": {detail}" if detail else ""), flush=True)

    def _fail(self, test, error):
        if test is self._failed:
            return
        self._failed = test
        kind, value, trace = error
        text = " ".join(str(value).split())
        self._print("failed", "FAIL", test, f"{kind.__name__}: {text}")
        traceback.print_exception(kind, value, trace, file=sys.stderr)

    def addSuccess(self, test):
        if test is not self._failed:
            self._print("passed", "ok", test)

    def addError(self, test, error):
        self._fail(test, error)

    def addFailure(self, test, error):
        self._fail(test, error)

    def addSubTest(self, test, subtest, error):
        if error is not None:
            print(f"In {subtest}:", file=sys.stderr)
            self._fail(test, error)

    def addSkip(self, test, why):
        self._print("skipped", "skip", test, why)

    def totals(self):
        passed, failed, skipped = self.counts.values()
        return f"{passed} passed, {failed} failed" + (
            f", {skipped} skipped" if skipped else ""
        )


def main():
    if importlib.util.find_spec("cvtc") is None:
        sys.path.append(str(SOURCE / "python"))
    report = Report()
    unittest.defaultTestLoader.discover(str(FOLDER), "*_test.py").run(report)
    print(report.totals())
    return 1 if report.counts["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
