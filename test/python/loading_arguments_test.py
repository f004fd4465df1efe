"""What from_pretrained takes beside the name of a model, and what it refuses."""

import unittest

import cvtc
import digits
from frameworks import needs


class ValuesOfTheConfigTest(unittest.TestCase):
    def load(self, **options):
        return cvtc.CvtForImageClassification.from_pretrained(digits.MODEL, **options)

    def test_are_checked(self):
        names = {i: str(i) for i in range(10)}
        for sentence, values in {
            "^depth: found 3, expected a list of integers": {"depth": 3},
            "^problem_type: found 'x', expected one of": {"problem_type": "x"},
            "^num_labels: found 3, expected 10, .* give one of the two": {
                "num_labels": 3,
                "id2label": names,
            },
            "^id2label: found .*, expected integers as keys": {"id2label": {"a": "b"}},
        }.items():
            with self.assertRaisesRegex(ValueError, sentence):
                self.load(**values)
        for name in ("colour", "to_dict", "use_return_dict"):
            with self.assertRaisesRegex(
                TypeError, f"from_pretrained.. got an unexpected keyword .*'{name}'"
            ):
                self.load(**{name: 1})

    def test_leave_the_given_config_as_it_is(self):
        config = cvtc.CvtConfig.from_pretrained(digits.MODEL)
        model = self.load(config=config, output_hidden_states=True, depth=(1, 2, 3))
        self.assertTrue(model.config.output_hidden_states)
        self.assertEqual(model.config.depth, [1, 2, 3])
        self.assertFalse(config.output_hidden_states)
        self.assertEqual(config.name_or_path, "")

    @needs("transformers")
    def test_config_of_transformers(self):
        import transformers

        theirs = transformers.CvtConfig.from_pretrained(digits.MODEL)
        config = cvtc.CvtConfig.from_pretrained(digits.MODEL)
        model = self.load(config=theirs)
        config.name_or_path = model.config.name_or_path
        self.assertEqual(model.config.to_diff_dict(), config.to_diff_dict())
        drawn = cvtc.CvtModel(transformers.CvtConfig(depth=[1, 1, 1]))
        self.assertEqual(drawn.config, cvtc.CvtConfig(depth=[1, 1, 1]))
        with self.assertRaisesRegex(TypeError, "ViTConfig, expected CvtConfig"):
            self.load(config=transformers.ViTConfig())


if __name__ == "__main__":
    unittest.main()
