"""The image processor, compared with transformers' to the bit where that is
installed; its arguments, files and errors."""

import concurrent.futures
import copy
import io
import itertools
import json
import logging
import pathlib
import pickle
import sys
import tempfile
import unittest
import warnings

import numpy as np

from cvtc import image_processing
from cvtc.image_processing import (
    AutoImageProcessor,
    BatchFeature,
    ConvNextImageProcessor,
)

from frameworks import needs

DIGITS = pathlib.Path(__file__).resolve().parents[1] / "models" / "cvt-digits"
PICTURE = DIGITS / "test-images" / "0004-four.png"

IMAGENET = {"image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225]}
SMALL = {"size": {"shortest_edge": 32}, "crop_pct": 0.875, "resample": 3, **IMAGENET}
GREY = {"size": {"shortest_edge": 32}, "image_mean": 0.4, "image_std": [0.3]}

# Each override alone, and some together.
OVERRIDES = [
    {},
    *({"resample": number} for number in range(6)),
    {"do_resize": False},
    {"size": {"shortest_edge": 50}},
    {"size": 17},
    {"size": {"shortest_edge": 384}},
    {"size": {"shortest_edge": 390, "longest_edge": 400}, "resample": 0},
    {"crop_pct": 1.0},
    {"crop_pct": 0.3},
    {"crop_pct": 1.9},
    {"crop_pct": 1.0, "size": 41, "resample": 1},
    {"do_rescale": False},
    {"rescale_factor": 1 / 127},
    {"rescale_factor": 2},
    {"do_normalize": False},
    {"image_mean": 0.3},
    {"image_std": 0.7},
    {"image_mean": 100, "image_std": 50.5, "do_rescale": False},
    {"do_rescale": False, "do_normalize": False},
    {"do_resize": False, "do_rescale": False},
    {"do_resize": False, "do_normalize": False},
    {"do_resize": False, "do_rescale": False, "do_normalize": False},
    {"data_format": "channels_last"},
    {"data_format": "channels_last", "do_rescale": False, "do_normalize": False},
    {"data_format": "channels_last", "do_resize": False},
]


def noise(height, width, channels=3, seed=1):
    """Smooth and noisy bytes."""
    rng = np.random.default_rng([seed, height, width, channels])
    y, x = np.mgrid[0:height, 0:width]
    wave = 127 + 100 * np.sin(x * 0.2 + y * 0.1)
    pixels = wave[..., None] + rng.normal(0, 30, (height, width, channels))
    return np.clip(pixels, 0, 255).astype(np.uint8)


def first(pixels):
    return np.ascontiguousarray(pixels.transpose(2, 0, 1))


def arrays(channels=3):
    """Arrays of every layout and type, by name."""
    pixels = noise(61, 83, channels)
    upright = noise(83, 50, channels)
    fractions = pixels / 255
    return {
        "last": pixels,
        "first": first(pixels),
        "upright": first(upright),
        "small": noise(9, 14, channels),
        "large": noise(500, 431, channels),
        "thin": noise(5, 200, channels),
        "backwards": pixels[::-1, ::-1],
        "padded rows": noise(61, 90, channels)[:, :83],
        "fortran": np.asfortranarray(pixels),
        "float32 of 255": pixels.astype(np.float32),
        "float64 of 255, first": first(pixels).astype(np.float64),
        "float32 of 1": fractions.astype(np.float32),
        "float64 of 1, first": first(fractions),
        "float16 of 1": fractions.astype(np.float16),
        "almost whole": pixels + 1e-7,
        "zeros": np.zeros((20, 30, channels), np.float32),
        "int64": pixels.astype(np.int64),
        "uint16, first": first(pixels).astype(np.uint16),
        "bool": pixels > 127,
        "beyond 255": pixels * 2.5,
        "negative": pixels - 128.0,
        "nan": np.where(pixels > 200, np.nan, fractions),
        "infinite": np.where(pixels > 200, np.inf, pixels),
    }


def quieten(test):
    """Without warnings of cvtc during a test."""
    logger = logging.getLogger("cvtc")
    logger.setLevel(logging.ERROR)
    test.addCleanup(logger.setLevel, logging.NOTSET)


@needs("transformers", "PIL")
class SameAsTransformersTest(unittest.TestCase):
    """Each test runs both libraries."""

    @classmethod
    def setUpClass(cls):
        import transformers

        cls.reference = transformers.ConvNextImageProcessor
        logging.getLogger("transformers").setLevel(logging.ERROR)

    def setUp(self):
        quieten(self)

    def check(self, config, images, theirs=None, **overrides):
        """Both refuse `images`, or both make the same of it.  theirs: what
        transformers takes instead."""
        theirs = images if theirs is None else theirs
        ours = ConvNextImageProcessor(**config)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                expected = self.reference(**config)(theirs, **overrides)
            except (ValueError, TypeError, IndexError) as error:
                with self.assertRaises(ValueError, msg=f"transformers: {error}"):
                    ours(images, **overrides)
                return False
            found = ours(images, **overrides)
        self.assertEqual(list(found), list(expected))
        self.same(found["pixel_values"], expected["pixel_values"])
        return True

    def same(self, found, expected):
        self.assertEqual(type(found), type(expected))
        self.assertEqual(len(found), len(expected))
        for one, other in zip(found, expected):
            one, other = np.asarray(one), np.asarray(other)
            self.assertEqual((one.dtype, one.shape), (other.dtype, other.shape))
            self.assertEqual(one.tobytes(), other.tobytes())

    def check_all(self, config, named_images):
        accepted = 0
        for (name, images), overrides in itertools.product(
            named_images.items(), OVERRIDES
        ):
            with self.subTest(name, **overrides):
                accepted += self.check(config, images, **overrides)
        self.assertGreater(accepted, len(named_images) * len(OVERRIDES) // 2)

    def test_arrays(self):
        self.check_all(SMALL, arrays())

    def test_arrays_of_one_channel(self):
        self.check_all(GREY, arrays(channels=1))

    def test_default_values(self):
        for name, images in arrays().items():
            with self.subTest(name):
                self.check({}, images)

    def test_padding(self):
        """Pictures smaller than the crop, with odd and even differences."""
        for height, width, size in itertools.product((4, 7, 40), (5, 8, 41), (9, 12)):
            with self.subTest(height=height, width=width, size=size):
                for crop_pct in (0.9, 1.3, 2.0, 3.1):
                    self.check(
                        SMALL, noise(height, width), size=size, crop_pct=crop_pct
                    )

    def test_layouts(self):
        pixels = noise(30, 40)
        for images in (
            pixels,
            first(pixels),
            noise(3, 20),
            noise(1, 9),
            pixels[:3, :1],
        ):
            for data_format in ("channels_first", "channels_last"):
                for input_data_format in (None, "channels_first", "channels_last"):
                    with self.subTest(
                        shape=images.shape,
                        data_format=data_format,
                        input_data_format=input_data_format,
                    ):
                        self.check(
                            SMALL,
                            images,
                            data_format=data_format,
                            input_data_format=input_data_format,
                        )

    def test_members_of_enumerations(self):
        from PIL import Image
        from transformers.image_utils import ChannelDimension
        from transformers.utils import TensorType

        self.assertTrue(
            self.check(
                SMALL,
                noise(30, 40),
                data_format=ChannelDimension.LAST,
                input_data_format=ChannelDimension.LAST,
                resample=Image.Resampling.BICUBIC,
                return_tensors=TensorType.NUMPY,
            )
        )

    def test_lists(self):
        a, b, c = noise(30, 40), noise(50, 20), noise(30, 40, seed=2)
        for name, images in {
            "list": [a, b],
            "tuple": (a, b),
            "list of one": [a],
            "nested": [[a, b], [c]],
            "nested, one empty": [[a], []],
            "batch": np.stack([a, c]),
            "batch, first": np.stack([first(a), first(c)]),
            "list of batches": [np.stack([a, c]), np.stack([c, c])],
            "layout of the first": [a, first(a)],
            "mixed types": [a, b / 255, c.astype(np.float32)],
            "no image": [],
            "two axes": a[..., 0],
            "list of two axes": [a[..., 0]],
            "five axes": np.zeros((1, 1, 5, 5, 3)),
            "text": [a, {"a": 1}],
        }.items():
            with self.subTest(name):
                self.check(SMALL, images)
                self.check(
                    SMALL, images, do_resize=False, input_data_format="channels_last"
                )

    def test_return_tensors(self):
        same_size, others = [noise(30, 40), noise(30, 40)], [noise(30, 40), noise(9, 9)]
        for return_tensors in (None, "np", "nonsense"):
            for do_resize in (True, False):
                for images in (same_size, others):
                    with self.subTest(return_tensors, do_resize=do_resize):
                        self.check(
                            SMALL,
                            images,
                            do_resize=do_resize,
                            return_tensors=return_tensors,
                        )

    @needs("torch")
    def test_torch(self):
        import torch

        pixels = first(noise(30, 40))
        for name, array in arrays().items():
            if array.dtype == np.uint16 or min(array.strides) < 0:
                continue
            tensor = torch.from_numpy(array)
            for images in (tensor, [tensor, tensor], tensor[None]):
                with self.subTest(name):
                    self.check(SMALL, images)
        graph = torch.from_numpy(pixels / 255).requires_grad_()
        for overrides in ({}, {"do_rescale": False, "do_normalize": False}):
            self.check(SMALL, graph, return_tensors="pt", **overrides)
            self.check(
                SMALL, torch.from_numpy(pixels), return_tensors="pt", **overrides
            )

    @needs("tensorflow")
    def test_tensorflow(self):
        import tensorflow

        for name, array in arrays().items():
            tensor = tensorflow.constant(array)
            for images in (tensor, [tensor, tensor], tensor[None]):
                with self.subTest(name):
                    self.check(SMALL, images)
                    self.check(SMALL, images, do_normalize=False, return_tensors="tf")

    def test_pil_images(self):
        """Modes of three channels as transformers takes them, all others as they
        are after convert("RGB"): transformers refuses them."""
        from PIL import Image

        picture = Image.fromarray(noise(40, 60))
        with_alpha = picture.convert("RGBA")
        with_alpha.putalpha(Image.fromarray(noise(40, 60, 1)[..., 0]))
        modes = {"RGBA": with_alpha, "LA": with_alpha.convert("LA")}
        for mode in ("RGB", "YCbCr", "HSV", "L", "P", "1", "CMYK", "I", "F"):
            modes[mode] = picture.convert(mode)
        modes["I;16"] = Image.fromarray(noise(40, 60, 1)[..., 0].astype(np.uint16) * 3)
        palette = with_alpha.quantize(64)
        palette.info["transparency"] = 3
        modes["P with transparency"] = palette
        for (mode, image), overrides in itertools.product(modes.items(), OVERRIDES):
            with self.subTest(mode, **overrides):
                is_three = len(image.getbands()) == 3
                theirs = image if is_three else image.convert("RGB")
                self.assertTrue(self.check(SMALL, image, theirs, **overrides))
        self.check(
            SMALL,
            [modes["RGB"], modes["L"]],
            [picture, picture.convert("L").convert("RGB")],
        )

    def test_files(self):
        from PIL import Image
        from transformers.image_utils import load_image

        picture = Image.fromarray(noise(40, 60))
        exif = Image.Exif()
        exif[0x112] = 6
        with tempfile.TemporaryDirectory() as folder:
            for name, options in {
                "rgb.jpg": {},
                "turned.jpg": {"exif": exif},
                "turned.png": {"exif": exif},
                "lossless.webp": {"lossless": True, "exif": exif},
                "lossy.webp": {},
                "rgb.bmp": {},
                "rgb.ppm": {},
            }.items():
                path = pathlib.Path(folder) / name
                picture.save(path, **options)
                expected = load_image(str(path))
                encoded = path.read_bytes()
                for images in (
                    str(path),
                    path,
                    encoded,
                    bytearray(encoded),
                    memoryview(encoded),
                ):
                    for overrides in OVERRIDES:
                        with self.subTest(name, kind=type(images), **overrides):
                            self.assertTrue(
                                self.check(SMALL, images, expected, **overrides)
                            )
                several = [path, encoded, picture, np.asarray(picture)]
                theirs = [expected, expected, picture, np.asarray(picture)]
                with self.subTest(name):
                    self.assertTrue(self.check(SMALL, several, theirs))

    def test_constructor_and_dictionary(self):
        for arguments in (
            {},
            SMALL,
            {"size": 224, "crop_pct": None, "image_mean": None, "image_std": None},
            {"size": (20, 30)},
            {"feature_extractor_type": "ConvNextFeatureExtractor", "other": [1]},
            {"processor_class": "SomeProcessor", "resample": 1, "do_resize": False},
            {"image_mean": np.array([0.1, 0.2, 0.3])},
        ):
            with self.subTest(**arguments):
                ours = ConvNextImageProcessor(**arguments)
                theirs = self.reference(**arguments)
                self.assertEqual(repr(ours), repr(theirs))
                self.assertEqual(vars(ours).keys(), vars(theirs).keys())
        for size in ("small", {"edge": 3}, 2.5):
            with self.subTest(size):
                self.assertRaises(ValueError, self.reference, size=size)
                self.assertRaises(ValueError, ConvNextImageProcessor, size=size)

    def test_from_pretrained(self):
        import transformers

        for file in (DIGITS, str(DIGITS), DIGITS / "preprocessor_config.json"):
            for overrides in (
                {},
                {"size": {"shortest_edge": 9}, "do_normalize": False},
            ):
                ours = AutoImageProcessor.from_pretrained(
                    file, use_fast=False, unknown=1, **overrides
                )
                theirs = transformers.AutoImageProcessor.from_pretrained(
                    file, use_fast=False, unknown=1, **overrides
                )
                self.assertEqual(ours.to_dict(), theirs.to_dict())
                self.assertEqual(ours.is_fast, theirs.is_fast)

    def test_saved_for_transformers(self):
        ours = ConvNextImageProcessor(**SMALL, extra="kept")
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder) / "new"
            self.assertEqual(
                ours.save_pretrained(folder), [str(folder / "preprocessor_config.json")]
            )
            theirs = self.reference.from_pretrained(folder)
            again = ConvNextImageProcessor.from_pretrained(folder)
        self.assertEqual(theirs.to_dict(), ours.to_dict())
        self.assertEqual(again.to_dict(), ours.to_dict())


class ImageProcessorTest(unittest.TestCase):
    def setUp(self):
        quieten(self)
        self.processor = ConvNextImageProcessor(**SMALL)

    def test_digits(self):
        """The model's own expected values."""
        processor = AutoImageProcessor.from_pretrained(DIGITS)
        pictures = [PICTURE, DIGITS / "test-images" / "0005-five.png"]
        expected = np.load(DIGITS / "expected" / "pixel_values_first2.npy")
        found = processor(images=pictures, return_tensors="np").pixel_values
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
        found = self.processor(_pnm(flat))
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
                [_pnm(good)[:60]],
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
            damaged.write_bytes(PICTURE.read_bytes()[:100])
            self.check(ValueError, "damaged.png: ", processor, [PICTURE, damaged])
            missing = pathlib.Path(folder) / "missing.png"
            self.check(OSError, "missing.png: cannot open", processor, missing)
            self.check(OSError, "not a regular file", processor, folder)

    @needs("PIL")
    def test_damaged_pil_images(self):
        from PIL import Image

        image = Image.open(io.BytesIO(PICTURE.read_bytes()[:100]))
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
        self.check(ValueError, "does not take subfolder", load, DIGITS, subfolder="a")
        self.check(ValueError, "does not take revision", load, DIGITS, revision="v2")
        load(DIGITS, revision="main", local_files_only=True, trust_remote_code=True)
        self.assertRaises(OSError, AutoImageProcessor)


class BatchFeatureTest(unittest.TestCase):
    def test_like_a_dictionary(self):
        values = [np.zeros((3, 2, 2))]
        feature = BatchFeature({"pixel_values": values})
        self.assertIs(feature["pixel_values"], values)
        self.assertIs(feature.pixel_values, values)
        self.assertEqual(list(feature.keys()), ["pixel_values"])
        self.assertEqual(list(feature.values()), [values])
        self.assertEqual(list(feature.items()), [("pixel_values", values)])
        self.assertEqual(dict(**feature), {"pixel_values": values})
        self.assertRaises(KeyError, lambda: feature["other"])
        self.assertRaises(KeyError, lambda: feature[0])
        self.assertRaises(AttributeError, lambda: feature.other)
        feature["labels"] = 3
        self.assertEqual(feature.labels, 3)

    def test_copies(self):
        feature = BatchFeature({"a": 1})
        for made in (
            copy.copy(feature),
            copy.deepcopy(feature),
            pickle.loads(pickle.dumps(feature)),
        ):
            self.assertEqual(made.a, 1)
            self.assertIsInstance(made, BatchFeature)

    def test_convert_to_tensors(self):
        feature = BatchFeature({"a": [np.zeros(2, np.float32)] * 3, "b": np.ones(2)})
        self.assertIs(feature.convert_to_tensors(), feature)
        self.assertIsInstance(feature.a, list)
        self.assertIs(feature.convert_to_tensors("np"), feature)
        self.assertEqual((feature.a.shape, feature.a.dtype), ((3, 2), np.float32))
        np.testing.assert_array_equal(feature.b, np.ones(2))

    @needs("torch")
    def test_to(self):
        import torch

        feature = BatchFeature(
            {"a": [np.zeros(2, np.float32)], "b": [np.zeros(2, np.int64)]}, "pt"
        )
        self.assertIs(feature.to(torch.float64), feature)
        self.assertEqual(feature.a.dtype, torch.float64)
        self.assertEqual(feature.b.dtype, torch.int64)
        feature["c"] = "text"
        feature.to("meta", dtype=torch.float16)
        self.assertEqual(feature.a.device.type, "meta")
        self.assertEqual(feature.a.dtype, torch.float16)
        self.assertEqual(feature.b.device.type, "meta")
        self.assertEqual(feature.to(device="meta").c, "text")
        self.assertRaises(ValueError, feature.to, [1])


class FrameworksTest(unittest.TestCase):
    def test_none_is_imported(self):
        import subprocess

        code = (
            "import sys; from cvtc.image_processing import AutoImageProcessor as A; "
            f"A.from_pretrained({str(DIGITS)!r})({str(PICTURE)!r}, return_tensors='np'); "
            "print([m for m in ('torch', 'tensorflow', 'PIL') if m in sys.modules])"
        )
        path = pathlib.Path(image_processing.__file__).parents[1]
        found = subprocess.run(
            [sys.executable, "-c", code],
            cwd=path,
            capture_output=True,
            text=True,
            check=True,
        )
        self.assertEqual(found.stdout, "[]\n")


def _pnm(pixels):
    """A binary PNM file."""
    height, width, _ = pixels.shape
    return f"P6 {width} {height} 255\n".encode() + pixels.tobytes()


if __name__ == "__main__":
    unittest.main()
