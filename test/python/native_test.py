"""The extension module, where the package's own classes do not show it."""

import os
import signal
import threading
import time
import unittest

import cvtc
import digits
import numpy as np
from cvtc import _native

FORKS = 8
CHILD_SECONDS = 20


def open_digits(**options):
    model = cvtc.CvtForImageClassification.from_pretrained(digits.MODEL)
    return _native.CompiledModel(str(model.compile()), **options)


def exit_code_of_child(act):
    """That of a forked process which calls act() and ends with 0; None for one
    that does not end in time."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            act()
            code = 0
        finally:
            os._exit(code)
    deadline = time.monotonic() + CHILD_SECONDS
    while time.monotonic() < deadline:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.01)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


class ForkTest(unittest.TestCase):
    def setUp(self):
        self.model = open_digits()
        self.pixels = digits.expected("pixel_values_first2")

    def test_fork_while_another_thread_runs(self):
        many = np.repeat(self.pixels, 128, axis=0)
        (expected,) = self.model.run(self.pixels)
        stop = threading.Event()

        def run_until_stopped():
            while not stop.is_set():
                self.model.run(many)

        def run_once():
            (logits,) = self.model.run(self.pixels)
            np.testing.assert_array_equal(logits, expected)

        thread = threading.Thread(target=run_until_stopped)
        thread.start()
        try:
            codes = [exit_code_of_child(run_once) for _ in range(FORKS)]
        finally:
            stop.set()
            thread.join()
        self.assertEqual(codes, [0] * FORKS)


if __name__ == "__main__":
    unittest.main()
