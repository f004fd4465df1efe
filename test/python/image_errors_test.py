"""What the image processor refuses or warns of."""

import io
import pathlib
import tempfile
import unittest

import numpy as np

from cvtc import image_processing
from cvtc.image_processing import AutoImageProcessor, ConvNextImageProcessor

from digits import MODEL, PICTURES
from frameworks import needs
from image_samples import SMALL, first, noise, pnm


class ErrorsTest(unittest.TestCase):
    """One sentence that says which image, what was found and what is expected."""

    def check(self, error, sentence, call, *args, **kwargs):
        with self.assertRaises(error) as caught:
            call(*args, **kwargs)
        self.assertRegex(str(caught.exception), sentence)
        self.assertNotIn("\n", str(caught.exception))

    def test_images(self):
        good = noise(8, 8)
        for sentence, images in {
            "^images is empty": [],
            "^the image: this is no picture in a known format": b"nonsense",
            "^image 2 of 3: the file is empty": [good, b"", good],
            "^image 3 of 3: the PNM data ends early": [
                [good, good],
                [pnm(good)[:60]],
            ],
            "^the image: found object, expected a path": object(),
            "^image 1 of 2: found NoneType, expected": [None, good],
            r"^the image: found the shape \(8, 8\), expected three axes": good[..., 0],
            r"^the image: found the shape \(8, 8, 4\), expected 1 or 3 channels": (
                np.zeros((8, 8, 4), np.uint8)
            ),
            "^image 2 of 2: found 8 channels in a channels last image": [
                good,
                first(good),
            ],
            "^the image: found 0 x 5 pixels": np.zeros((5, 0, 3), np.uint8),
            "^the image: found the type complex64": np.zeros((5, 5, 3), np.complex64),
            "^the image: found numbers from 0.0 to 7.5, expected": np.linspace(
                0, 7.5, 75
            ).reshape(5, 5, 3),
            "^image_mean has 3 numbers, expected 1, one for each channel": [
                good,
                good[..., :1],
            ],
        }.items():
            with self.subTest(sentence):
                processor = ConvNextImageProcessor(**SMALL)
                self.check(ValueError, sentence, processor, images)

    def test_values(self):
        for sentence, values in {
            "^size is 0, expected 1 to": {"size": 0},
            "^size is 100000, expected 1 to": {"size": 100_000},
            "^size is 2.5, expected a whole number": {"size": {"shortest_edge": 2.5}},
            "^size is 10000000000, expected": {"size": 10**10},
            "^size is .*'height'.*shortest_edge": {"size": (20, 30)},
            "^size is 'large', expected": {"size": "large"},
            "^crop_pct is": {"crop_pct": 0},
            "^crop_pct is 'x', expected a number": {"crop_pct": "x"},
            "^resample is 6, expected 0 to 5": {"resample": 6},
            "^rescale_factor is inf": {"rescale_factor": float("inf")},
            "^rescale_factor is 'x', expected a number": {"rescale_factor": "x"},
            "^image_mean has 2 numbers, expected 3": {"image_mean": [1, 2]},
            "^image_mean is 'x', expected a number": {"image_mean": ["x", 1, 2]},
            "^image_std holds 0": {"image_std": 0},
            "^return_tensors is 'jax', expected None": {"return_tensors": "jax"},
            "^data_format is 'last', expected": {"data_format": "last"},
            "^input_data_format is 'none', expected": {"input_data_format": "none"},
        }.items():
            with self.subTest(sentence):
                processor = ConvNextImageProcessor(**SMALL)
                self.check(ValueError, sentence, processor, noise(8, 8), **values)

    def test_values_that_are_not_used(self):
        processor = ConvNextImageProcessor(**SMALL)
        processor(noise(8, 8), do_normalize=False, image_std=0)
        processor(noise(8, 8), do_resize=False, crop_pct=-1, size=(3, 4), resample=9)

    def test_shapes_without_resize(self):
        processor = ConvNextImageProcessor(do_resize=False)
        images = [noise(8, 8), noise(9, 9)]
        self.assertEqual(len(processor(images)["pixel_values"]), 2)
        for data_format in ("channels_first", "channels_last"):
            self.check(
                ValueError,
                "^pixel_values has images of shapes .* expected one shape",
                processor,
                images,
                return_tensors="np",
                data_format=data_format,
            )

    def test_files(self):
        processor = ConvNextImageProcessor()
        with tempfile.TemporaryDirectory() as folder:
            damaged = pathlib.Path(folder) / "damaged.png"
            damaged.write_bytes(PICTURES[0].read_bytes()[:100])
            self.check(ValueError, "damaged.png: ", processor, [PICTURES[0], damaged])
            missing = pathlib.Path(folder) / "missing.png"
            self.check(OSError, "missing.png: cannot open", processor, missing)
            self.check(OSError, "not a regular file", processor, folder)

    def test_paths_are_not_cut(self):
        """At a NUL byte, where the system would end them."""
        for end in ("\0", "\0.png"):
            path = f"{PICTURES[0]}{end}"
            for image in (path, pathlib.Path(path)):
                with self.subTest(image):
                    self.check(
                        ValueError,
                        "0004-four.png.*: embedded null byte",
                        ConvNextImageProcessor(),
                        image,
                    )

    @needs("PIL")
    def test_damaged_pil_images(self):
        from PIL import Image

        image = Image.open(io.BytesIO(PICTURES[0].read_bytes()[:100]))
        self.check(
            ValueError,
            "^the image: Pillow cannot read it: ",
            ConvNextImageProcessor(),
            image,
        )

    def test_huge_pictures(self):
        """A few bytes that promise more pixels than are allowed."""
        self.check(
            ValueError,
            "^the image: the picture is 100000 x 100000 pixels, expected at most",
            ConvNextImageProcessor(),
            b"P6 100000 100000 255\n",
        )

    def test_configurations(self):
        load = AutoImageProcessor.from_pretrained
        with tempfile.TemporaryDirectory() as folder:
            self.check(OSError, "preprocessor_config.json: no such file", load, folder)
            self.check(OSError, "no such folder", load, "./a b")
            file = pathlib.Path(folder) / "preprocessor_config.json"
            for content, sentence in {
                b'{"size": ': "is not JSON",
                b"[]": "must be a JSON object",
                b"\xff{}": "is not UTF-8",
                b'{"size": "large"}': 'size is "large"',
                b'{"image_mean": [1, 2]}': "image_mean is a list of 2",
                b'{"crop_pct": 0}': "crop_pct is 0",
                b'{"image_processor_type": "ViTImageProcessor"}': "ViTImageProcessor",
                b'{"a": ' * 5000 + b"1" + b"}" * 5000: "nested too deeply",
            }.items():
                with self.subTest(content[:40]):
                    file.write_bytes(content)
                    self.check(ValueError, f"^{file}: .*{sentence}", load, folder)
        self.check(ValueError, "does not take subfolder", load, MODEL, subfolder="a")
        self.check(ValueError, "does not take revision", load, MODEL, revision="v2")
        load(MODEL, revision="main", local_files_only=True, trust_remote_code=True)
        self.assertRaises(OSError, AutoImageProcessor)


class WarningsTest(unittest.TestCase):
    def setUp(self):
        self.processor = ConvNextImageProcessor(**SMALL)

    def test_unknown_arguments(self):
        with self.assertWarnsRegex(
            UserWarning,
            "`ConvNextImageProcessor.preprocess` and were ignored: 'colour'",
        ):
            self.processor(noise(8, 8), colour=1)

    def test_warnings(self):
        image_processing._warn_once.cache_clear()
        with self.assertLogs("cvtc", "WARNING") as logs:
            self.processor([noise(8, 8) / 255] * 2)
            self.processor(noise(8, 8) / 255)
            self.processor(noise(3, 8))
        self.assertEqual(len(logs.output), 2, logs.output)
        self.assertIn("do_rescale=False", logs.output[0])
        self.assertIn("ambiguous", logs.output[1])


if __name__ == "__main__":
    unittest.main()
