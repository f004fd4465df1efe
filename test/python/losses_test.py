"""Losses, compared with those of transformers' classes where they are
installed."""

import itertools
import unittest
import warnings

import numpy as np

from cvtc import CvtConfig
from cvtc.losses import pytorch_loss, tensorflow_loss

from frameworks import needs

CLASSES = (1, 2, 10)
BATCHES = (0, 1, 4, 10)
TYPES = ("int32", "int64", "float32", "float64", "int8", "uint8", "bool")
PROBLEM_TYPES = (
    None,
    "regression",
    "single_label_classification",
    "multi_label_classification",
)
TOLERANCE = 1e-5
# A model that is quick to make.
TINY = {
    "patch_sizes": [3],
    "patch_stride": [2],
    "patch_padding": [1],
    "embed_dim": [4],
    "num_heads": [1],
    "depth": [1],
    "mlp_ratio": [1.0],
    "attention_drop_rate": [0.0],
    "drop_rate": [0.0],
    "drop_path_rate": [0.0],
    "qkv_bias": [True],
    "cls_token": [True],
    "qkv_projection_method": ["dw_bn"],
    "kernel_qkv": [3],
    "padding_kv": [1],
    "stride_kv": [2],
    "padding_q": [1],
    "stride_q": [1],
}


def make_logits(batch, classes):
    generator = np.random.default_rng(batch * 100 + classes)
    return (3 * generator.standard_normal((batch, classes))).astype(np.float32)


def make_labels(batch, classes):
    """Labels of many shapes and types, legal and not, by what they are."""
    generator = np.random.default_rng(batch * 100 + classes + 1)
    shapes = [(batch,), (batch, 1), (1, batch), (batch, classes), (batch + 1,)]
    shapes += [(), (1,), (classes,), (batch, 1, 1), (0,)]
    for shape, kind in itertools.product(shapes, TYPES):
        indices = generator.integers(0, max(classes, 2), shape)
        yield f"indices {shape} {kind}", np.asarray(indices).astype(kind)
        if kind.startswith("float"):
            fractions = generator.uniform(0, classes, shape)
            yield f"fractions {shape} {kind}", np.asarray(fractions).astype(kind)
    for value in (-100, -1, classes):
        labels = np.zeros(batch, np.int64)
        labels[-1:] = value
        yield f"{value} among zeros", labels
        yield f"{value} alone", np.full(batch, value)


class Comparison(unittest.TestCase):
    def compare(self, ours, theirs):
        """Both give the same numbers, or both raise.  Returns the numbers.

        torch's are float64 for labels of float64, ours always float32."""
        try:
            with np.errstate(over="ignore"):
                expected = np.asarray(theirs()).astype(np.float32)
        except Exception as error:  # Frameworks raise errors of many types.
            with self.assertRaises(ValueError, msg=f"they raise: {error}") as caught:
                ours()
            self.assertRegex(str(caught.exception), "found .*, expected ")
            return None
        loss = ours()
        self.assertEqual(loss.dtype, np.float32)
        self.assertEqual(loss.shape, expected.shape)
        np.testing.assert_allclose(loss, expected, rtol=TOLERANCE, atol=TOLERANCE)
        return loss


@needs("torch", "transformers")
class SameAsPyTorch(Comparison):
    def setUp(self):
        # That shapes differ and are repeated to fit.
        ignored = warnings.catch_warnings()
        ignored.__enter__()
        self.addCleanup(ignored.__exit__, None, None, None)
        warnings.simplefilter("ignore")

    def make_model(self, classes, problem_type, logits):
        """transformers' classifier, which gives these logits for any picture."""
        import torch
        import transformers

        class Fixed(torch.nn.Module):
            def forward(self, _):
                return torch.from_numpy(logits)

        config = transformers.CvtConfig(
            **TINY, num_labels=classes, problem_type=problem_type
        )
        model = transformers.CvtForImageClassification(config)
        model.classifier = Fixed()
        return model.eval()

    def compare_problem(self, classes, problem_type, logits, labels):
        import torch

        theirs = self.make_model(classes, problem_type, logits)
        pictures = torch.zeros(len(logits), 3, 8, 8)
        computed = 0
        for title, values in labels:
            with self.subTest(title, shape=logits.shape, problem_type=problem_type):
                theirs.config.problem_type = problem_type
                config = CvtConfig(num_labels=classes, problem_type=problem_type)
                with torch.no_grad():
                    loss = self.compare(
                        lambda: pytorch_loss(logits, values, config),
                        lambda: theirs(pictures, torch.from_numpy(values)).loss,
                    )
                self.assertEqual(config.problem_type, theirs.config.problem_type)
                computed += loss is not None
        return computed

    def test_all_problems(self):
        for classes, batch in itertools.product(CLASSES, BATCHES):
            logits = make_logits(batch, classes)
            for problem_type in PROBLEM_TYPES:
                computed = self.compare_problem(
                    classes, problem_type, logits, make_labels(batch, classes)
                )
                self.assertGreater(computed, 0)

    def test_logits_of_another_size(self):
        for classes in (0, 2, 3):
            for problem_type in PROBLEM_TYPES:
                labels = make_labels(4, 4)
                self.compare_problem(classes, problem_type, make_logits(4, 4), labels)

    def test_extreme_logits(self):
        for value in (np.inf, -np.inf, np.nan, 1e30, -1e30):
            logits = make_logits(4, 3)
            logits[1, 1] = value
            for problem_type in PROBLEM_TYPES[1:]:
                labels = make_labels(4, 3)
                self.compare_problem(3, problem_type, logits, labels)


@needs("tensorflow", "transformers")
class SameAsTensorFlow(Comparison):
    def compare_batch(self, logits, labels):
        import tensorflow
        from transformers.modeling_tf_utils import TFSequenceClassificationLoss

        theirs = TFSequenceClassificationLoss().hf_compute_loss
        config = CvtConfig(num_labels=logits.shape[1])
        computed = 0
        for title, values in labels:
            with self.subTest(title, shape=logits.shape):
                loss = self.compare(
                    lambda: tensorflow_loss(logits, values, config),
                    lambda: theirs(
                        tensorflow.convert_to_tensor(values),
                        tensorflow.convert_to_tensor(logits),
                    ),
                )
                computed += loss is not None
        self.assertIsNone(config.problem_type)
        return computed

    def test_all_sizes(self):
        for classes, batch in itertools.product((0, *CLASSES), BATCHES):
            logits = make_logits(batch, classes)
            computed = self.compare_batch(logits, make_labels(batch, classes))
            self.assertEqual(computed > 0, classes > 0)

    def test_many_labels_for_each_picture(self):
        generator = np.random.default_rng(0)
        for shape in ((4, 3), (4, 4, 3), (4, 2, 3), (1, 4, 1), (2, 2), (2, 4, 1)):
            labels = [("", generator.uniform(size=shape))]
            for classes in CLASSES:
                self.compare_batch(make_logits(4, classes), labels)

    def test_extreme_values(self):
        for value in (np.inf, -np.inf, np.nan, 1e30):
            for classes in (1, 3):
                logits = make_logits(4, classes)
                labels = np.array([0, 0, value, 0])
                self.compare_batch(logits, [("labels", labels)])
                logits[1, 0] = value
                self.compare_batch(logits, make_labels(4, classes))


class Errors(unittest.TestCase):
    """One sentence each: what was found, what is expected."""

    def assertRefuses(self, message, logits, labels, **arguments):
        config = CvtConfig(num_labels=logits.shape[1], **arguments)
        with self.assertRaises(ValueError) as caught:
            pytorch_loss(logits, np.asarray(labels), config)
        self.assertEqual(str(caught.exception), message)

    def test_single_label(self):
        logits = make_logits(2, 3)
        self.assertRefuses(
            "labels: found 3, expected indices of classes, from 0 to 2", logits, [0, 3]
        )
        self.assertRefuses(
            "labels: found 3, expected 2, one for each picture", logits, [0, 1, 2]
        )
        self.assertRefuses(
            "labels: found type int32, expected int64, as config.problem_type is "
            "'single_label_classification'",
            logits,
            np.zeros(2, np.int32),
        )

    def test_multi_label(self):
        logits = make_logits(2, 3)
        self.assertRefuses(
            "labels: found shape (2,), expected (2, 3), as logits", logits, [0.0, 1.0]
        )
        self.assertRefuses(
            "labels: found type int64, expected float, as config.problem_type is "
            "'multi_label_classification'",
            logits,
            np.zeros((2, 3), np.int64),
            problem_type="multi_label_classification",
        )

    def test_regression(self):
        self.assertRefuses(
            "labels: found shape (3,), expected (2,), as logits",
            make_logits(2, 1),
            [0.0, 1.0, 2.0],
        )
        with self.assertWarnsRegex(UserWarning, "^labels: found shape "):
            pytorch_loss(make_logits(2, 1), np.zeros(1), CvtConfig(num_labels=1))

    def test_types(self):
        for labels in (["a", "b"], [1j, 2]):
            self.assertRefuses(
                f"labels: found type {np.asarray(labels).dtype}, expected numbers",
                make_logits(2, 1),
                labels,
            )
        config = CvtConfig()
        config.problem_type = "ranking"
        with self.assertRaisesRegex(ValueError, "^problem_type: found 'ranking'"):
            pytorch_loss(make_logits(2, 2), np.zeros(2, int), config)

    def test_inputs_stay_as_they_are(self):
        logits, labels = make_logits(4, 3), np.zeros(4, np.int64)
        logits.flags.writeable = labels.flags.writeable = False
        pytorch_loss(logits, labels, CvtConfig(num_labels=3))
        tensorflow_loss(logits, labels, CvtConfig(num_labels=3))
        tensorflow_loss(logits[:, :1], labels, CvtConfig(num_labels=1))
