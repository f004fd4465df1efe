"""classify: labels and scores of pictures."""

import io
import unittest

import numpy as np

import cvtc
import digits
from frameworks import needs

NAMES = "zero one two three four five six seven eight nine".split()


class ClassifyTest(unittest.TestCase):
    def labels(self, model, images, **options):
        results = cvtc.classify(model, images, **options)
        return [result[0]["label"] for result in results]

    def test_all_pictures(self):
        found = self.labels(digits.MODEL, digits.PICTURES, top_k=1)
        logits = digits.expected("logits")
        self.assertEqual(found, [NAMES[i] for i in logits.argmax(axis=1)])

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

    @needs("PIL")
    def test_turned_pictures(self):
        """A camera's orientation counts for files and PIL images alike."""
        from PIL import Image

        exif = Image.Exif()
        exif[0x0112] = 6
        stream = io.BytesIO()
        Image.open(digits.PICTURES[4]).rotate(90).save(stream, "PNG", exif=exif)
        expected = cvtc.classify(digits.MODEL, digits.PICTURES[4])
        turned = Image.open(stream)
        for images in (stream.getvalue(), turned):
            self.assertEqual(cvtc.classify(digits.MODEL, images), expected)
        self.assertEqual(cvtc.classify(digits.MODEL, [turned, turned])[1], expected)
        cut = Image.open(io.BytesIO(stream.getvalue()[:-200]))
        with self.assertRaisesRegex(ValueError, "image 2 of 2: Pillow cannot read"):
            cvtc.classify(digits.MODEL, [turned, cut])

    @needs("PIL")
    def test_pictures_of_other_modes(self):
        from PIL import Image

        picture = Image.open(digits.PICTURES[4]).convert("RGB")
        expected = cvtc.classify(digits.MODEL, picture, top_k=1)[0]
        for mode in ("YCbCr", "HSV", "RGBA"):
            found = cvtc.classify(digits.MODEL, picture.convert(mode), top_k=1)[0]
            self.assertEqual(found["label"], expected["label"], mode)
            self.assertAlmostEqual(found["score"], expected["score"], delta=0.02)

    def test_what_is_no_picture(self):
        for images, sentence in {
            "https://a/b.jpg": "nothing is downloaded, expected a file",
            "no.png": "no.png: cannot open",
        }.items():
            with self.assertRaisesRegex((OSError, ValueError), sentence):
                cvtc.classify(digits.MODEL, images)

    def test_sigmoid(self):
        model = cvtc.CvtForImageClassification.from_pretrained(
            digits.MODEL, problem_type="multi_label_classification"
        )
        best = cvtc.classify(model, digits.PICTURES[0])[0]
        expected = 1 / (1 + np.exp(-digits.expected("logits")[0].max().astype("f8")))
        self.assertAlmostEqual(best["score"], expected, places=5)

    def test_names_of_labels(self):
        load = cvtc.CvtForImageClassification.from_pretrained
        letters = {str(i): letter for i, letter in enumerate("abcdefghij")}
        given = load(digits.MODEL, id2label=letters)
        changed = load(digits.MODEL)
        changed.config.id2label = letters
        for model in (given, changed):
            best = cvtc.classify(model, digits.PICTURES[0])[0]
            self.assertEqual(best["label"], "e")
        changed.config.id2label = {0: "zero", 1: "one"}
        with self.assertRaisesRegex(
            ValueError, "^config.id2label has no label for the index 4, expected one"
        ):
            cvtc.classify(changed, digits.PICTURES[0], top_k=1)

    def test_kinds_of_models(self):
        picture = digits.PICTURES[2:4]
        expected = [digits.label_of(path) for path in picture]
        model = cvtc.CvtForImageClassification.from_pretrained(digits.MODEL)
        artifact = model.compile()
        for one in (model, artifact, str(artifact), cvtc.load(artifact)):
            self.assertEqual(self.labels(one, picture), expected)
        tf_model = cvtc.TFCvtForImageClassification.from_pretrained(digits.MODEL)
        self.assertEqual(self.labels(tf_model, picture), expected)

    def test_several(self):
        """One result for each picture, however they are given."""
        paths = digits.PICTURES[:12]
        logits = digits.expected("logits")[:12]
        expected = [NAMES[i] for i in logits.argmax(axis=1)]
        arrays = [cvtc._native.decode_image_file(str(path)) for path in paths]
        batch = np.stack(arrays)
        model = cvtc.CvtForImageClassification.from_pretrained(digits.MODEL)
        for images in (
            batch,
            [batch[:9], batch[9], batch[10:]],
            [arrays[:5], arrays[5:]],
            tuple(paths),
            (path for path in paths),
            dict.fromkeys(paths),
        ):
            self.assertEqual(self.labels(model, images), expected)
        for images in (batch[:1], [batch[:1]], [arrays[0]]):
            self.assertEqual(self.labels(model, images), expected[:1])
        for image in (arrays[0], paths[0].read_bytes(), str(paths[0])):
            self.assertEqual(cvtc.classify(model, image)[0]["label"], expected[0])

    def test_other_processors(self):
        """They see lists of images."""
        model = cvtc.CvtForImageClassification.from_pretrained(digits.MODEL)
        seen = []

        def processor(images, **kwargs):
            seen.append(images)
            return model.image_processor(images, **kwargs)

        results = cvtc.classify(model, digits.PICTURES[:9], image_processor=processor)
        self.assertEqual(len(results), 9)
        self.assertEqual(seen, [digits.PICTURES[:8], digits.PICTURES[8:9]])

    def test_errors_count_all_pictures(self):
        images = [path.read_bytes() for path in digits.PICTURES[:12]]
        images[8] = b"nonsense"
        with self.assertRaisesRegex(ValueError, "^image 9 of 12: this is no picture"):
            cvtc.classify(digits.MODEL, images)
        with self.assertRaisesRegex(ValueError, "^the image: this is no picture"):
            cvtc.classify(digits.MODEL, images[8])

    def test_refused(self):
        drawn = cvtc.CvtForImageClassification(cvtc.CvtConfig(depth=[1, 1, 1]))
        with self.assertRaisesRegex(ValueError, "give an image_processor"):
            cvtc.classify(drawn, digits.PICTURES[0])
        with self.assertRaisesRegex(TypeError, "cvtc.*CvtModel, expected a classifier"):
            cvtc.classify(cvtc.CvtModel.from_pretrained(digits.MODEL), [])
        for top_k in (0, -3, 1.5, "2", None):
            with self.assertRaisesRegex(
                ValueError, f"top_k is {top_k!r}, expected a whole number of at least 1"
            ):
                cvtc.classify(digits.MODEL, digits.PICTURES[0], top_k=top_k)
        cvtc.classify(digits.MODEL, digits.PICTURES[0], top_k=np.int64(2))
        with self.assertRaises((OSError, ValueError)):
            cvtc.classify(digits.MODEL, "none.png")
        self.assertEqual(cvtc.classify(digits.MODEL, []), [])


if __name__ == "__main__":
    unittest.main()
