"""What frameworks' models have beside forward or call, and how they are made."""

import inspect
import subprocess
import sys
import os
import pathlib
import unittest

import numpy as np

import cvtc
import digits
from frameworks import needs

SMALL = cvtc.CvtConfig(depth=[1, 1, 1])


class TorchTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.model = cvtc.CvtModel.from_pretrained(digits.MODEL)

    def test_methods_that_change_nothing(self):
        for same in (
            self.model.eval(),
            self.model.cpu(),
            self.model.float(),
            self.model.train(False),
            self.model.requires_grad_(False),
            self.model.to("cpu"),
            self.model.to(device="cpu:0", dtype=np.float32, non_blocking=True),
            self.model.to(None, np.dtype("f4"), True),
        ):
            self.assertIs(same, self.model)

    def test_refused(self):
        for call in (self.model.train, self.model.requires_grad_):
            with self.assertRaisesRegex(NotImplementedError, "cvtc runs models"):
                call()
        for place in ("cuda", "cuda:0", 0):
            with self.assertRaisesRegex(ValueError, f"device is {place}, expected cpu"):
                self.model.to(place)
        with self.assertRaisesRegex(ValueError, "dtype is float64, expected float32"):
            self.model.to(dtype=np.dtype("f8"))
        with self.assertRaises(TypeError):
            self.model.to(colour=1)

    def test_without_torch(self):
        code = (
            "import cvtc, sys; model = cvtc.CvtModel(cvtc.CvtConfig());"
            "assert model.device == 'cpu'; assert model.dtype == 'float32';"
            "assert 'torch' not in sys.modules"
        )
        path = str(pathlib.Path(cvtc.__file__).parents[1])
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONPATH": path},
            check=True,
        )

    @needs("torch")
    def test_with_torch(self):
        import torch

        self.assertEqual(self.model.device, torch.device("cpu"))
        self.assertIs(self.model.dtype, torch.float32)
        for places in (
            (torch.device("cpu"),),
            (torch.float32,),
            ("cpu", torch.float32, True),
            (torch.zeros(1),),
        ):
            self.assertIs(self.model.to(*places), self.model)
        channels_last = torch.channels_last
        self.assertIs(self.model.to(memory_format=channels_last), self.model)
        for places in ((torch.bfloat16,), ("cpu", torch.float16), (torch.ones(1).int(),)):
            with self.assertRaisesRegex(ValueError, "dtype is torch.*precision says"):
                self.model.to(*places)
        with self.assertRaisesRegex(ValueError, "device is meta, expected cpu"):
            self.model.to(torch.zeros(1, device="meta"))


class TensorFlowTest(unittest.TestCase):
    def test_constructors(self):
        for cls in (cvtc.TFCvtModel, cvtc.TFCvtForImageClassification):
            cls(SMALL, name="cvt")
            for arguments, options in (((1,), {}), ((), {"trainable": False})):
                with self.assertRaisesRegex(TypeError, "got the unexpected argument"):
                    cls(SMALL, *arguments, **options)

    def test_labels_in_lists(self):
        model = cvtc.TFCvtForImageClassification.from_pretrained(digits.MODEL)
        pixels = digits.expected("pixel_values_first2")
        loss = model(pixels, labels=[3, 5]).loss
        expected = model(pixels, labels=np.array([3, 5])).loss
        np.testing.assert_array_equal(loss, expected)


class SubclassTest(unittest.TestCase):
    """Calling a model calls what its class overrides."""

    def test_torch(self):
        for base in (cvtc.CvtModel, cvtc.CvtForImageClassification):

            class Model(base):
                def forward(self, pixel_values):
                    return "mine", super().forward(pixel_values)

            model = Model(SMALL)
            mine, outputs = model(np.zeros((1, 3, 32, 32), "f4"))
            self.assertEqual(mine, "mine")
            self.assertIsInstance(outputs, cvtc.ModelOutput)

    def test_tensorflow(self):
        for base in (cvtc.TFCvtModel, cvtc.TFCvtForImageClassification):

            class Model(base):
                def call(self, pixel_values):
                    return "mine", super().call(pixel_values)

            mine, outputs = Model(SMALL)(np.zeros((1, 3, 32, 32), "f4"))
            self.assertEqual(mine, "mine")
            self.assertIsInstance(outputs, cvtc.ModelOutput)

    def test_described_alike(self):
        for cls, name in (
            (cvtc.CvtModel, "forward"),
            (cvtc.CvtForImageClassification, "forward"),
            (cvtc.TFCvtModel, "call"),
            (cvtc.TFCvtForImageClassification, "call"),
        ):
            method = getattr(cls, name)
            self.assertEqual(inspect.signature(cls.__call__), inspect.signature(method))
            self.assertEqual(cls.__call__.__doc__, method.__doc__)


if __name__ == "__main__":
    unittest.main()
