"""TFCvtModel and TFCvtForImageClassification: TensorFlow's ways to call."""

import importlib.util
import unittest

import numpy as np

import cvtc
import digits

TOLERANCE = 1e-4
HAS_TENSORFLOW = importlib.util.find_spec("tensorflow") is not None


def pixels():
    return digits.expected("pixel_values_first2")


def close(found, expected, tolerance=TOLERANCE):
    np.testing.assert_allclose(np.asarray(found), expected, rtol=0, atol=tolerance)


class WaysToCallTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.model = cvtc.TFCvtForImageClassification.from_pretrained(digits.MODEL)
        cls.labels = np.array([0, 1])

    def test_the_same_in_every_way(self):
        expected = self.model(pixel_values=pixels(), labels=self.labels)
        self.assertIsInstance(expected, cvtc.TFImageClassifierOutputWithNoAttention)
        self.assertEqual(expected.loss.shape, (2,))
        close(expected.logits, digits.expected("logits")[:2])
        for outputs in (
            self.model({"pixel_values": pixels(), "labels": self.labels}),
            self.model([pixels(), self.labels]),
            self.model((pixels(), self.labels)),
            self.model([pixels()], labels=self.labels),
            self.model({"pixel_values": pixels()}, labels=self.labels),
            self.model(pixels(), self.labels),
            self.model.call(pixels(), labels=self.labels, training=False),
        ):
            close(outputs.loss, expected.loss, 0)
            close(outputs.logits, expected.logits, 0)

    def test_other_arguments(self):
        outputs = self.model({"pixel_values": pixels(), "output_hidden_states": True})
        self.assertEqual(len(outputs.hidden_states), 3)
        results = self.model(
            [pixels()], output_hidden_states=True, return_dict=False, training=False
        )
        self.assertIsInstance(results, tuple)
        close(results[0], digits.expected("logits")[:2])
        for stage, found in enumerate(results[1]):
            close(found, digits.expected(f"hidden_state_{stage}_first2"))

    def test_predict(self):
        expected = self.model(pixels(), self.labels)
        twice = np.concatenate([expected.logits] * 2)
        for batches in (
            np.concatenate([pixels()] * 2),
            [np.concatenate([pixels()] * 2)],
            {"pixel_values": np.concatenate([pixels()] * 2)},
            iter([pixels(), pixels()]),
            iter([(pixels(), self.labels)] * 2),
            iter([{"pixel_values": pixels()}] * 2),
        ):
            outputs = self.model.predict(batches, batch_size=1, verbose=0)
            self.assertIs(type(outputs), cvtc.TFImageClassifierOutputWithNoAttention)
            self.assertIsNone(outputs.loss)
            close(outputs.logits, twice, 0)
        both = {"pixel_values": pixels(), "labels": self.labels}
        outputs = self.model.predict(iter([both] * 3), steps=2)
        close(outputs.loss, np.concatenate([expected.loss] * 2), 0)
        close(outputs.logits, twice, 0)
        close(self.model.predict_on_batch(both).loss, expected.loss, 0)

    def test_predict_of_hidden_states_and_tuples(self):
        options = {"pixel_values": pixels(), "output_hidden_states": True}
        states = self.model(options).hidden_states
        found = self.model.predict(iter([options] * 2))
        logits, tuples = self.model.predict(iter([{**options, "return_dict": False}] * 2))
        close(logits, found.logits, 0)
        for state, one, other in zip(states, found.hidden_states, tuples):
            close(one, np.concatenate([state] * 2), 0)
            close(other, one, 0)

    def test_predict_refuses(self):
        for x, error in (
            (iter([]), "^x: found no batches"),
            ({}, "You have to specify pixel_values"),
            ([], "You have to specify pixel_values"),
        ):
            with self.assertRaisesRegex(ValueError, error):
                self.model.predict(x)
        with self.assertRaisesRegex(TypeError, "pixel_values: found int, expected"):
            self.model.predict(3)

    def test_refused(self):
        for inputs, options in (
            ((pixels(),), {"training": True}),
            (({"pixel_values": pixels(), "training": True},), {}),
        ):
            with self.assertRaisesRegex(
                NotImplementedError, "training is not supported"
            ):
                self.model(*inputs, **options)
        with self.assertRaisesRegex(ValueError, "have the key 'pixels', expected"):
            self.model({"pixels": pixels()})
        with self.assertRaisesRegex(ValueError, "6 inputs are given, expected at most"):
            self.model([pixels()] * 6)
        for nothing in ({}, [], None):
            with self.assertRaisesRegex(ValueError, "have to specify pixel_values"):
                self.model(nothing)

    def test_bare_model(self):
        model = cvtc.TFCvtModel.from_pretrained(digits.MODEL)
        outputs = model({"pixel_values": pixels()})
        self.assertIsInstance(outputs, cvtc.TFBaseModelOutputWithCLSToken)
        for name in ("last_hidden_state", "cls_token_value"):
            close(outputs[name], digits.expected(f"{name}_first2"))


@unittest.skipUnless(HAS_TENSORFLOW, "tensorflow is not installed")
class TensorFlowTest(unittest.TestCase):
    """Against transformers' own classes; needs TF_USE_LEGACY_KERAS=1."""

    @classmethod
    def setUpClass(cls):
        import tensorflow
        import transformers

        cls.tf, cls.transformers = tensorflow, transformers

    def load(self, name):
        """The model of transformers, and ours."""
        weights = digits.FORMATS / "tf_model.h5"
        theirs = getattr(self.transformers, name).from_pretrained(
            weights, config=digits.MODEL / "config.json"
        )
        return theirs, getattr(cvtc, name).from_pretrained(digits.MODEL, weights=weights)

    def compare(self, name, **inputs):
        theirs, ours = self.load(name)
        expected, found = theirs(inputs), ours(inputs)
        self.assertEqual(list(found), list(expected))
        for key, value in expected.items():
            values = value if isinstance(value, tuple) else (value,)
            others = found[key] if isinstance(value, tuple) else (found[key],)
            self.assertEqual(len(others), len(values))
            for mine, their in zip(others, values):
                self.assertIsInstance(mine, self.tf.Tensor)
                self.assertEqual(mine.dtype, their.dtype)
                self.assertEqual(mine.shape, their.shape)
                close(mine, their)

    def test_classifier(self):
        values = self.tf.constant(pixels())
        self.compare("TFCvtForImageClassification", pixel_values=values)
        self.compare(
            "TFCvtForImageClassification",
            pixel_values=values,
            labels=self.tf.constant([3, 5]),
            output_hidden_states=True,
        )

    def test_bare_model(self):
        self.compare(
            "TFCvtModel",
            pixel_values=self.tf.constant(pixels()),
            output_hidden_states=True,
        )

    def test_predict(self):
        theirs, ours = self.load("TFCvtForImageClassification")
        images = np.concatenate([pixels()] * 2)
        for values in (
            (images, np.arange(4)),
            {"pixel_values": images, "labels": np.arange(4)},
            images,
        ):
            dataset = self.tf.data.Dataset.from_tensor_slices(values).batch(3)
            for steps in (None, 1):
                expected = theirs.predict(dataset, steps=steps, verbose=0)
                found = ours.predict(dataset, steps=steps, verbose=0)
                self.assertEqual(list(found), list(expected))
                for key in expected:
                    self.assertIsInstance(found[key], np.ndarray)
                    self.assertEqual(found[key].shape, expected[key].shape)
                    close(found[key], expected[key])


if __name__ == "__main__":
    unittest.main()
