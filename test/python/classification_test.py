"""classify: labels and scores of pictures."""

import unittest

import numpy as np

import cvtc
import digits


class ClassifyTest(unittest.TestCase):
    def labels(self, model, images, **options):
        results = cvtc.classify(model, images, **options)
        return [result[0]["label"] for result in results]

    def test_all_pictures(self):
        found = self.labels(digits.MODEL, digits.PICTURES, top_k=1)
        logits = digits.expected("logits")
        names = "zero one two three four five six seven eight nine".split()
        self.assertEqual(found, [names[i] for i in logits.argmax(axis=1)])

    def test_scores(self):
        picture = digits.PICTURES[4]
        results = cvtc.classify(str(digits.MODEL), picture, top_k=3)
        logits = digits.expected("logits")[4].astype("f8")
        scores = np.exp(logits) / np.exp(logits).sum()
        self.assertEqual(len(results), 3)
        self.assertEqual(results[0]["label"], digits.label_of(picture))
        np.testing.assert_allclose(
            [result["score"] for result in results],
            np.sort(scores)[::-1][:3],
            atol=1e-5,
        )
        self.assertEqual(len(cvtc.classify(digits.MODEL, picture, top_k=99)), 10)

    def test_sigmoid(self):
        model = cvtc.CvtForImageClassification.from_pretrained(
            digits.MODEL, problem_type="multi_label_classification"
        )
        best = cvtc.classify(model, digits.PICTURES[0])[0]
        expected = 1 / (1 + np.exp(-digits.expected("logits")[0].max().astype("f8")))
        self.assertAlmostEqual(best["score"], expected, places=5)

    def test_kinds_of_models(self):
        picture = digits.PICTURES[2:4]
        expected = [digits.label_of(path) for path in picture]
        model = cvtc.CvtForImageClassification.from_pretrained(digits.MODEL)
        artifact = model.compile()
        for one in (model, artifact, str(artifact), cvtc.load(artifact)):
            self.assertEqual(self.labels(one, picture), expected)
        tf_model = cvtc.TFCvtForImageClassification.from_pretrained(digits.MODEL)
        self.assertEqual(self.labels(tf_model, picture), expected)

    def test_refused(self):
        drawn = cvtc.CvtForImageClassification(cvtc.CvtConfig(depth=[1, 1, 1]))
        with self.assertRaisesRegex(ValueError, "give an image_processor"):
            cvtc.classify(drawn, digits.PICTURES[0])
        with self.assertRaisesRegex(TypeError, "CvtModel, expected a classifier"):
            cvtc.classify(cvtc.CvtModel.from_pretrained(digits.MODEL), [])
        with self.assertRaisesRegex(ValueError, "top_k is 0"):
            cvtc.classify(digits.MODEL, digits.PICTURES[0], top_k=0)
        with self.assertRaises((OSError, ValueError)):
            cvtc.classify(digits.MODEL, "none.png")
        self.assertEqual(cvtc.classify(digits.MODEL, []), [])


if __name__ == "__main__":
    unittest.main()
