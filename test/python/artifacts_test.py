"""The cache of compiled models."""

import contextlib
import io
import os
import pathlib
import shutil
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
        kernels = artifacts._cache_folder()[0].parent
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
            first,
            r"^cvtc: compiling for 64x64 pixels in f32, once \.\.\.\n"
            r"cvtc: compiling for 64x64 pixels in f32, once: done after .* s\n$",
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

    def test_damaged_entry_when_compiling_ahead(self):
        path = self.model().compile()
        path.write_bytes(path.read_bytes()[:-1])
        with self.assertLogs("cvtc", "WARNING"):
            cvtc.load(self.model().compile())

    def test_entry_removed_by_another_process(self):
        model = self.model()
        path = model.compile()
        utime = os.utime

        def remove_after(name):
            utime(name)
            os.unlink(name)

        with unittest.mock.patch.object(os, "utime", remove_after):
            self.run_and_listen(self.model())
        self.assertTrue(path.exists())

    def check_not_kept(self, reason):
        artifacts._warn_once.cache_clear()
        with self.assertLogs("cvtc", "WARNING") as log:
            path = self.model().compile()
        self.assertIn(reason, log.output[0])
        self.assertNotEqual(path.parent, self.cache)
        self.assertTrue(path.is_absolute())

    def test_folder_of_others(self):
        for place in (self.cache, self.cache.parent):
            self.cache.mkdir(exist_ok=True)
            place.chmod(0o777)
            self.check_not_kept(f"{place.name} can be written to by other users")
            place.chmod(0o700)
            self.assertEqual(list(self.cache.iterdir()), [])

    def test_folder_made_where_groups_may_write(self):
        before = os.umask(0o002)
        self.addCleanup(os.umask, before)
        with unittest.mock.patch.dict(
            os.environ, {"XDG_CACHE_HOME": str(self.cache / "new")}
        ):
            folder, reason = artifacts._cache_folder()
        self.assertEqual(folder, self.cache / "new" / "cvtc" / "models", reason)

    def test_no_folder(self):
        with unittest.mock.patch.dict(
            os.environ, {"XDG_CACHE_HOME": "relative", "HOME": "neither"}
        ):
            self.check_not_kept("the user has no home folder")
        self.assertFalse(pathlib.Path("relative").exists())

    def test_random_weights_are_not_kept(self):
        config = cvtc.CvtConfig(depth=[1, 1, 1])
        path = cvtc.CvtModel(config).compile(image_size=32)
        self.assertNotEqual(path.parent, self.cache)

    def test_weights_that_change(self):
        folder = self.cache.parents[1] / "model"
        shutil.copytree(digits.MODEL, folder)
        weights = folder / "model.safetensors"
        model = cvtc.CvtForImageClassification.from_pretrained(folder)
        content = weights.read_bytes()
        weights.write_bytes(content[:-1] + b"\1")
        with self.assertRaisesRegex(RuntimeError, "changed since the model was loaded"):
            model.compile()
        weights.write_bytes(content)
        run = artifacts._run_compiler

        def change_meanwhile(*arguments):
            weights.write_bytes(content[:-1] + b"\1")
            run(*arguments)

        with unittest.mock.patch.object(artifacts, "_run_compiler", change_meanwhile):
            with self.assertRaisesRegex(RuntimeError, "changed since"):
                model.compile()
        self.assertEqual(list(self.cache.iterdir()), [])
        shutil.rmtree(folder)
        with self.assertRaisesRegex(RuntimeError, "cannot be read any more.*keep them"):
            model.compile()

    def test_what_killed_processes_leave(self):
        self.cache.mkdir()
        old, new = self.cache / "making-old", self.cache / "making-new"
        for folder in (old, new):
            folder.mkdir()
        os.utime(old, (1, 1))
        path = self.model().compile()
        self.assertEqual(set(self.cache.iterdir()), {new, path})

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

    def test_errors_name_no_temporary_file(self):
        with self.assertRaisesRegex(ValueError, "^config: for images of 1x1 pixels, "):
            self.model().compile(image_size=1)

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
