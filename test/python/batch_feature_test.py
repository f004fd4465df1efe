"""BatchFeature, the dictionary that the image processor returns."""

import copy
import pickle
import unittest

import numpy as np

from cvtc import BatchFeature

from frameworks import needs


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


if __name__ == "__main__":
    unittest.main()
