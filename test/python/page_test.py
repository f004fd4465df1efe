"""The examples of Hugging Face's page on CvT print the same with `from cvtc
import` as with `from transformers import`.

examples/ holds them, as the page has them but for where the picture is from
and, where it prints nothing, what is printed at the end."""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import cvtc
import digits

EXAMPLES = pathlib.Path(__file__).parent / "examples"
# An environment with TensorFlow and transformers.
TENSORFLOW_PYTHON = digits.SOURCE / ".venv-tensorflow" / "bin" / "python"
MODEL = "microsoft/cvt-13"
PICTURE = digits.PICTURES[4]


class PageTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        # cvtc alone: what else is installed beside it is not for every python.
        os.symlink(pathlib.Path(cvtc.__file__).parent, self.folder / "cvtc")

    def run_example(self, python, name, package, home):
        text = (EXAMPLES / name).read_text()
        script = self.folder / f"{package}_{name}"
        script.write_text(text.replace("from transformers", f"from {package}"))
        result = subprocess.run(
            [python, script, PICTURE],
            env={
                **os.environ,
                "HF_HOME": str(home),
                "HF_HUB_OFFLINE": "1",
                "PYTHONPATH": str(self.folder),
                "TF_USE_LEGACY_KERAS": "1",
            },
            capture_output=True,
            text=True,
            check=False,
        )
        self.assertEqual(result.returncode, 0, result.stderr[-2000:])
        return result.stdout

    def compare(self, python, name, weights):
        home = digits.make_hub_cache(self.folder, MODEL, [weights])
        printed = {
            package: self.run_example(python, name, package, home)
            for package in ("transformers", "cvtc")
        }
        self.assertNotEqual(printed["cvtc"].strip(), "")
        self.assertEqual(printed["cvtc"], printed["transformers"])
        return printed["cvtc"]

    def compare_torch(self, name):
        for package in ("torch", "transformers", "PIL"):
            try:
                __import__(package)
            except ImportError as error:
                self.skipTest(str(error))
        return self.compare(sys.executable, name, digits.MODEL / "model.safetensors")

    def compare_tensorflow(self, name):
        if not TENSORFLOW_PYTHON.exists():
            self.skipTest(f"there is no {TENSORFLOW_PYTHON.relative_to(digits.SOURCE)}")
        return self.compare(TENSORFLOW_PYTHON, name, digits.FORMATS / "tf_model.h5")

    def test_configuration(self):
        self.assertEqual(
            self.compare_torch("configuration.py"), "[64, 192, 384] [1, 2, 10] 2\n"
        )

    def test_model(self):
        self.assertEqual(self.compare_torch("model.py"), "[1, 64, 4, 4]\n")

    def test_image_classification(self):
        label = digits.label_of(PICTURE)
        self.assertEqual(
            self.compare_torch("image_classification.py"), f"{label}\n"
        )

    def test_tf_model(self):
        self.assertEqual(self.compare_tensorflow("tf_model.py"), "(1, 64, 4, 4)\n")

    def test_tf_image_classification(self):
        label = digits.label_of(PICTURE)
        self.assertEqual(
            self.compare_tensorflow("tf_image_classification.py"),
            f"Predicted class: {label}\n",
        )


if __name__ == "__main__":
    unittest.main()
