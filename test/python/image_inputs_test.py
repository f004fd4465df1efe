"""What the image processor takes and what it leaves alone, without transformers."""

import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest
import unittest.mock

import numpy as np

import cvtc
from cvtc.image_processing import AutoImageProcessor, ConvNextImageProcessor

import digits
from image_samples import OVERRIDES, SMALL, first, noise, pnm, quieten


class ImageProcessorTest(unittest.TestCase):
    def setUp(self):
        quieten(self)
        self.processor = ConvNextImageProcessor(**SMALL)

    def test_digits(self):
        """The model's own expected values."""
        processor = AutoImageProcessor.from_pretrained(digits.MODEL)
        expected = digits.expected("pixel_values_first2")
        found = processor(images=digits.PICTURES[:2], return_tensors="np").pixel_values
        self.assertEqual(found.dtype, np.float32)
        np.testing.assert_array_equal(found, expected)

    def test_data_format_of_the_input(self):
        for array in (noise(20, 30), first(noise(20, 30))):
            found = self.processor(array, data_format=None, size=20, crop_pct=1)
            self.assertEqual(
                found.pixel_values[0].shape,
                (20, 20, 3) if array.shape[2] == 3 else (3, 20, 20),
            )

    def test_flat_pictures(self):
        """A PIL image or a file is one, whatever its height."""
        flat = noise(3, 40)
        expected = self.processor(flat, input_data_format="channels_last")
        found = self.processor(pnm(flat))
        np.testing.assert_array_equal(found.pixel_values, expected.pixel_values)

    def test_old_files(self):
        """Of feature extractors."""
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "preprocessor_config.json"
            values = {"size": 224, "feature_extractor_type": "ConvNextFeatureExtractor"}
            file.write_text(json.dumps(values))
            processor = AutoImageProcessor.from_pretrained(folder)
        self.assertEqual(processor.size, {"shortest_edge": 224})
        self.assertFalse(hasattr(processor, "feature_extractor_type"))

    def test_names_of_models(self):
        """In Hugging Face's cache."""
        with tempfile.TemporaryDirectory() as folder:
            environment = {
                "HF_HOME": str(digits.make_hub_cache(folder, "owner/name", [])),
                # These come before it.
                "HF_HUB_CACHE": "",
                "HUGGINGFACE_HUB_CACHE": "",
            }
            with unittest.mock.patch.dict(os.environ, environment):
                found = AutoImageProcessor.from_pretrained("owner/name")
                with self.assertRaisesRegex(OSError, "^other/name: .*hf download"):
                    AutoImageProcessor.from_pretrained("other/name")
        expected = AutoImageProcessor.from_pretrained(digits.MODEL)
        self.assertEqual(found.to_dict(), expected.to_dict())

    def test_threads(self):
        """One processor, many threads."""
        images = [noise(50 + i, 60) for i in range(16)]
        expected = self.processor(images)["pixel_values"]
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            found = list(pool.map(self.processor, images))
        for one, other in zip(found, expected):
            np.testing.assert_array_equal(one["pixel_values"][0], other)

    def test_images_are_not_changed(self):
        for array in (noise(20, 30), noise(20, 30) / 255):
            before = array.copy()
            array.flags.writeable = False
            for overrides in OVERRIDES:
                self.processor(array, return_tensors="np", **overrides)
            np.testing.assert_array_equal(array, before)


class FrameworksTest(unittest.TestCase):
    def test_none_is_imported(self):
        code = (
            "import sys; from cvtc.image_processing import AutoImageProcessor as A; "
            f"processor = A.from_pretrained({str(digits.MODEL)!r}); "
            f"processor({str(digits.PICTURES[0])!r}, return_tensors='np'); "
            "print([m for m in ('torch', 'tensorflow', 'PIL') if m in sys.modules])"
        )
        path = pathlib.Path(cvtc.__file__).parents[1]
        found = subprocess.run(
            [sys.executable, "-c", code],
            cwd=path,
            capture_output=True,
            text=True,
            check=True,
        )
        self.assertEqual(found.stdout, "[]\n")


if __name__ == "__main__":
    unittest.main()
