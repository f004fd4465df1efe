"""The extension module, where the package's own classes do not show it."""

import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
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

    def test_fork_by_a_handler_while_its_thread_compiles(self):
        # A lock that the thread itself holds would make it wait for ever.
        program = (
            "import os\n"
            "from cvtc import artifacts, programs\n"
            "with programs._compiling, artifacts._temporary_lock:\n"
            "    child = os.fork()\n"
            "    if child == 0:\n"
            "        os._exit(0)\n"
            "    os.waitpid(child, 0)\n"
        )
        subprocess.run(
            [sys.executable, "-c", program], check=True, timeout=CHILD_SECONDS
        )

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


class PathTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        # No UTF-8.
        self.folder = os.path.join(folder.name, os.fsdecode(b"\xff"))
        os.mkdir(self.folder)

    def copy(self, file):
        return shutil.copy(file, self.folder)

    def forms(self, path):
        return path, os.fsencode(path), pathlib.Path(path)

    def test_pictures(self):
        for path in self.forms(self.copy(digits.PICTURES[0])):
            self.assertEqual(_native.decode_image_file(path).shape[2], 3)

    def test_artifacts(self):
        model = cvtc.CvtForImageClassification.from_pretrained(digits.MODEL)
        for path in self.forms(self.copy(model.compile())):
            self.assertEqual(_native.CompiledModel(path).input_shape, (3, 64, 64))

    def test_model_folders(self):
        config = (digits.MODEL / "config.json").read_text()
        weights = self.copy(digits.MODEL / "model.safetensors")
        for path in self.forms(self.folder):
            self.assertEqual(_native.find_model_folder(path), self.folder)
            self.assertEqual(
                _native.check_weights(config, path, False), ([weights], [])
            )

    def test_errors_name_the_path(self):
        missing = os.path.join(self.folder, "missing")
        for act, error in (
            (_native.decode_image_file, OSError),
            (_native.CompiledModel, OSError),
            (_native.find_model_folder, OSError),
            (lambda path: _native.check_weights("{}", path, False), ValueError),
            (lambda path: _native.check_config("[]", path), ValueError),
            (lambda path: _native.check_processor_config("[]", path), ValueError),
        ):
            with self.assertRaises(error) as caught:
                act(missing)
            self.assertIn("missing", str(caught.exception))

    def test_what_is_no_path(self):
        for act in (
            _native.decode_image_file,
            _native.CompiledModel,
            _native.find_model_folder,
            lambda path: _native.check_weights("{}", path, False),
        ):
            with self.assertRaisesRegex(ValueError, "null byte"):
                act(f"{digits.PICTURES[0]}\0")
            with self.assertRaisesRegex(TypeError, "expected str, bytes or os.PathLike"):
                act(3)


class ThreadsTest(unittest.TestCase):
    def test_refused_when_opened(self):
        for threads in (-1, 1025, 2**31, 2**70):
            with self.assertRaisesRegex(
                ValueError,
                f"^the number of threads must be from 1 to 1024, or 0 for all CPUs, "
                f"not {threads}$",
            ):
                open_digits(threads=threads)

    def test_whole_numbers(self):
        for threads in (0, 2, np.int64(2)):
            open_digits(threads=threads)
        with self.assertRaisesRegex(TypeError, "as an integer"):
            open_digits(threads=1.5)


if __name__ == "__main__":
    unittest.main()
