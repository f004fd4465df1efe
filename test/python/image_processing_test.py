"""The image processor, compared with transformers' to the bit."""

import itertools
import logging
import pathlib
import tempfile
import unittest
import warnings

import numpy as np

from cvtc.image_processing import AutoImageProcessor, ConvNextImageProcessor

from digits import MODEL
from frameworks import needs
from image_samples import OVERRIDES, SMALL, first, noise, quieten

GREY = {"size": {"shortest_edge": 32}, "image_mean": 0.4, "image_std": [0.3]}


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

        for file in (MODEL, str(MODEL), MODEL / "preprocessor_config.json"):
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
        for arguments in (
            {**SMALL, "extra": "kept"},
            {"image_mean": [0.5], "image_std": [0.25]},
            {"do_resize": None, "crop_pct": -1, "resample": None},
            {"do_rescale": False, "rescale_factor": None},
            {"do_normalize": False, "image_mean": [1, 2], "image_std": 0},
        ):
            with self.subTest(**arguments), tempfile.TemporaryDirectory() as folder:
                ours = ConvNextImageProcessor(**arguments)
                folder = pathlib.Path(folder) / "new"
                self.assertEqual(
                    ours.save_pretrained(folder),
                    [str(folder / "preprocessor_config.json")],
                )
                theirs = self.reference.from_pretrained(folder)
                again = ConvNextImageProcessor.from_pretrained(folder)
                self.assertEqual(theirs.to_dict(), ours.to_dict())
                self.assertEqual(again.to_dict(), ours.to_dict())


if __name__ == "__main__":
    unittest.main()
