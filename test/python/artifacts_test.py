"""The cache of compiled models."""

import contextlib
import io
import os
import pathlib
import tempfile
import unittest
import unittest.mock

import cvtc
import digits
from cvtc import artifacts


class CacheTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.cache = pathlib.Path(folder.name) / "cvtc" / "models"
        kernels = pathlib.Path(artifacts._folder()).parent
        self.cache.parent.mkdir()
        # Kernels from the other tests: what is tested here are artifacts.
        for entry in kernels.iterdir():
            if entry.name != "models":
                os.symlink(entry, self.cache.parent / entry.name)
        environment = {"XDG_CACHE_HOME": folder.name}
        patch = unittest.mock.patch.dict(os.environ, environment)
        patch.start()
        self.addCleanup(patch.stop)

    def model(self, **options):
        return cvtc.CvtForImageClassification.from_pretrained(digits.MODEL, **options)

    def run_and_listen(self, model):
        """What a call prints on standard error."""
        stream = io.StringIO()
        with contextlib.redirect_stderr(stream):
            model(digits.expected("pixel_values_first2"))
        return stream.getvalue()

    def test_compiles_once_and_says_so(self):
        first = self.run_and_listen(self.model())
        self.assertRegex(
            first, r"^cvtc: compiling for 64x64 pixels in f32, once \.\.\. done in .* s\n$"
        )
        self.assertEqual(self.run_and_listen(self.model()), "")
        self.assertEqual(len(list(self.cache.glob("*.cvt"))), 1)
        self.assertEqual(self.cache.stat().st_mode & 0o777, 0o700)

    def test_what_makes_another_artifact(self):
        model = self.model()
        paths = {
            model.compile(),
            model.compile(max_batch=2),
            model.compile(precision="bf16"),
            model.compile(image_size=32),
            model.compile(image_size=32, output_hidden_states=True),
            self.model(
                weights=digits.FORMATS / "microsoft.pth", activation="gelu"
            ).compile(),
            self.model(
                weights=digits.FORMATS / "microsoft.pth", activation="quick_gelu"
            ).compile(),
        }
        self.assertEqual(len(paths), 7)
        self.assertIn(self.model().compile(), paths)

    def test_damaged_entry(self):
        path = self.model().compile()
        content = path.read_bytes()
        for damaged in (b"", content[: len(content) // 2], content[:-1] + b"\0\0"):
            path.write_bytes(damaged)
            with self.assertLogs("cvtc", "WARNING") as log:
                self.run_and_listen(self.model())
            self.assertIn("compiling it again", log.output[0])
            self.assertEqual(path.read_bytes(), content)

    def test_folder_of_others(self):
        self.cache.mkdir()
        self.cache.chmod(0o777)
        artifacts._temporary = None
        with self.assertLogs("cvtc", "WARNING") as log:
            path = self.model().compile()
        self.assertIn("can be written to by other users", log.output[0])
        self.assertNotEqual(path.parent, self.cache)
        self.assertEqual(list(self.cache.iterdir()), [])

    def test_limit(self):
        model = self.model()
        first = model.compile()
        os.utime(first, (1, 1))
        second = model.compile(max_batch=2)
        os.utime(second, (2, 2))
        size = first.stat().st_size
        with unittest.mock.patch.object(
            artifacts, "CACHE_LIMIT_BYTES", size * 5 // 2
        ):
            third = model.compile(max_batch=3)
        self.assertEqual(set(self.cache.glob("*.cvt")), {second, third})

    def test_a_compiler_that_dies(self):
        with tempfile.TemporaryDirectory() as folder:
            compiler = pathlib.Path(folder) / "cvt-compile"
            compiler.write_text("#!/bin/sh\nkill -SEGV $$\n")
            compiler.chmod(0o755)
            with unittest.mock.patch.object(artifacts, "COMPILER", compiler):
                with self.assertRaisesRegex(RuntimeError, "signal SIGSEGV"):
                    self.model().compile()


if __name__ == "__main__":
    unittest.main()
