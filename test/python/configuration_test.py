"""CvtConfig, compared with transformers' where that is installed."""

import copy
import inspect
import json
import math
import os
import pathlib
import pickle
import re
import tempfile
import unittest
import unittest.mock

import numpy as np

from cvtc import CvtConfig, CvtModel

from frameworks import needs

DIGITS = pathlib.Path(__file__).resolve().parents[1] / "models" / "cvt-digits"
COMMIT = "0123456789abcdef0123456789abcdef01234567"

# Arguments of the constructor, each of which both libraries accept.
ARGUMENTS = {
    "none": {},
    "architecture": {"depth": [1, 4, 16], "embed_dim": [192, 768, 1024]},
    "two stages": {"depth": [1, 2], "num_heads": [1, 2], "mlp_ratio": [2, 2.5]},
    "numbers": {"num_channels": 1, "layer_norm_eps": 1e-5, "initializer_range": 1},
    "no labels": {"num_labels": 0},
    "one label": {"num_labels": 1},
    "ten labels": {"num_labels": 10},
    "default number of labels": {"num_labels": 2},
    "id2label": {"id2label": {0: "cat", 1: "dog", 2: "owl"}},
    "id2label from JSON": {"id2label": {"0": "cat", "1": "dog"}},
    "both maps": {"id2label": {"0": "cat"}, "label2id": {"cat": 0}},
    "label2id alone": {"label2id": {"cat": 0}},
    "labels that contradict": {"num_labels": 5, "id2label": {"0": "cat"}},
    "problem type": {"problem_type": "multi_label_classification"},
    "outputs": {"output_hidden_states": True, "return_dict": False},
    "attentions": {"output_attentions": True, "attn_implementation": "eager"},
    "torchscript": {"torchscript": True},
    "dtype": {"dtype": "float16"},
    "torch_dtype": {"torch_dtype": "bfloat16"},
    "both dtypes": {"torch_dtype": "bfloat16", "dtype": "float32"},
    "name": {"name_or_path": "microsoft/cvt-13"},
    "private name": {"_name_or_path": "microsoft/cvt-13"},
    "commit": {"_commit_hash": "0123"},
    "extra keys": {"image_size": 384, "teacher": {"name": "x", "sizes": [1, 2]}},
    "pruned heads": {"pruned_heads": {0: [1]}},
    "generation": {"max_length": 7, "top_k": 3, "bad_words_ids": [[1]]},
    "architectures": {"architectures": ["CvtForImageClassification"]},
    "older files": {"tf_legacy_loss": True, "use_bfloat16": True, "num_beams": 1},
}

# Overrides of from_pretrained that both accept, on the demo model.
OVERRIDES = {
    "none": {},
    "number of labels": {"num_labels": 3},
    "the same number": {"num_labels": 10},
    "labels": {"id2label": {0: "cat"}, "label2id": {"cat": 0}},
    "labels and number": {"id2label": {0: "cat"}, "num_labels": 1},
    "number and labels": {"num_labels": 1, "id2label": {0: "cat"}},
    "architecture": {"depth": [1, 1, 1], "image_size": 224},
    "unknown": {"no_such_key": 3},
    "name": {"name_or_path": "x"},
    "outputs": {"output_hidden_states": True, "return_dict": False},
    "dtype": {"torch_dtype": "float16"},
}


def without_version(values):
    return {k: v for k, v in values.items() if k != "transformers_version"}


def text_without_version(text):
    return re.sub(r',\n  "transformers_version": [^,\n]*', "", text)


@needs("transformers")
class SameAsTransformers(unittest.TestCase):
    def setUp(self):
        import transformers

        # It warns of every label map that contradicts.
        transformers.logging.set_verbosity_error()
        self.reference = transformers.CvtConfig

    def assertSame(self, ours, theirs):
        self.assertEqual(ours.to_dict(), without_version(theirs.to_dict()))
        self.assertEqual(ours.to_diff_dict(), without_version(theirs.to_diff_dict()))
        for use_diff in (True, False):
            self.assertEqual(
                ours.to_json_string(use_diff),
                text_without_version(theirs.to_json_string(use_diff)),
            )
        for name in ("num_labels", "use_return_dict", "name_or_path", "model_type"):
            self.assertEqual(getattr(ours, name), getattr(theirs, name), name)

    def test_arguments_and_defaults(self):
        ours = inspect.signature(CvtConfig).parameters
        theirs = inspect.signature(self.reference).parameters
        self.assertEqual(list(ours), list(theirs))
        for name, parameter in ours.items():
            self.assertEqual(parameter.default, theirs[name].default, name)

    def test_constructor(self):
        for title, arguments in ARGUMENTS.items():
            with self.subTest(title):
                self.assertSame(CvtConfig(**arguments), self.reference(**arguments))

    def test_from_dict(self):
        for title, arguments in ARGUMENTS.items():
            with self.subTest(title):
                self.assertSame(
                    CvtConfig.from_dict(arguments),
                    self.reference.from_dict(dict(arguments)),
                )

    def test_overrides(self):
        for title, overrides in OVERRIDES.items():
            with self.subTest(title):
                self.assertSame(
                    CvtConfig.from_pretrained(DIGITS, **overrides),
                    self.reference.from_pretrained(DIGITS, **overrides),
                )

    def test_unused_overrides(self):
        overrides = {"drop_rate": [0.5] * 3, "foo": False, "num_labels": 4}
        for load, source in (("from_pretrained", DIGITS), ("from_dict", {})):
            with self.subTest(load):
                (ours, unused), (theirs, expected) = (
                    getattr(config, load)(
                        source, return_unused_kwargs=True, **overrides
                    )
                    for config in (CvtConfig, self.reference)
                )
                self.assertSame(ours, theirs)
                self.assertEqual(unused, expected)

    def test_setting_num_labels(self):
        for count in (0, 1, 10, 12):
            with self.subTest(count):
                ours = CvtConfig.from_pretrained(DIGITS)
                theirs = self.reference.from_pretrained(DIGITS)
                ours.num_labels = theirs.num_labels = count
                self.assertSame(ours, theirs)

    def test_reads_what_transformers_saved(self):
        for title, arguments in ARGUMENTS.items():
            with self.subTest(title), tempfile.TemporaryDirectory() as folder:
                self.reference(**arguments).save_pretrained(folder)
                self.assertSame(
                    CvtConfig.from_pretrained(folder),
                    self.reference.from_pretrained(folder),
                )

    def test_transformers_reads_what_we_saved(self):
        for title, arguments in ARGUMENTS.items():
            with self.subTest(title), tempfile.TemporaryDirectory() as folder:
                CvtConfig(**arguments).save_pretrained(folder)
                self.assertSame(
                    CvtConfig.from_pretrained(folder),
                    self.reference.from_pretrained(folder),
                )

    def test_what_both_refuse(self):
        for arguments in (
            {"problem_type": "ranking"},
            {"id2label": ["cat"]},
            {"label2id": 3},
            {"id2label": {"cat": 0}},
        ):
            with self.subTest(arguments):
                for config in (CvtConfig, self.reference):
                    self.assertRaises(ValueError, config, **arguments)
        for config in (CvtConfig, self.reference):
            with self.assertRaises(ValueError):
                config.from_dict({}, num_labels=3, id2label={0: "cat"})

    def test_repr(self):
        with tempfile.TemporaryDirectory() as folder:
            CvtConfig(num_labels=4).save_pretrained(folder)
            self.assertEqual(
                repr(CvtConfig(num_labels=4)),
                text_without_version(repr(self.reference.from_pretrained(folder))),
            )

    @needs("torch")
    def test_torch_dtype(self):
        import torch

        for dtype in (torch.float32, torch.bfloat16):
            self.assertSame(CvtConfig(dtype=dtype), self.reference(dtype=dtype))


class Behaviour(unittest.TestCase):
    def test_saved_and_read_again_is_equal(self):
        config = CvtConfig(num_labels=3, image_size=[64, 32], teacher="é\ud800")
        with tempfile.TemporaryDirectory() as folder:
            new = pathlib.Path(folder) / "a" / "b"
            config.save_pretrained(new)
            self.assertEqual(CvtConfig.from_pretrained(new), config)
            self.assertEqual(CvtConfig.from_pretrained(new / "config.json"), config)
            written = json.loads((new / "config.json").read_text())
        self.assertEqual(written["model_type"], "cvt")
        self.assertNotIn("transformers_version", written)
        self.assertNotEqual(CvtConfig(), config)
        self.assertNotEqual(CvtConfig(), CvtConfig().to_dict())

    def test_objects_share_nothing(self):
        sizes = [7, 3, 3]
        first = CvtConfig(patch_sizes=sizes)
        first.patch_sizes.append(1)
        first.embed_dim.append(1)
        first.pruned_heads[0] = [1]
        first.to_dict()["depth"].append(1)
        self.assertEqual(sizes, [7, 3, 3])
        self.assertEqual(CvtConfig().embed_dim, [64, 192, 384])
        self.assertEqual(CvtConfig().pruned_heads, {})
        self.assertEqual(first.depth, [1, 2, 10])
        values = {"teacher": {"a": [1]}}
        CvtConfig.from_dict(values).teacher["a"].append(2)
        self.assertEqual(values, {"teacher": {"a": [1]}})

    def test_keys_of_labels(self):
        """Are integers, however they are given, also in copies."""
        config = CvtConfig(num_labels=10)
        for given in ({"0": "a", "1": "b"}, {np.int64(0): "a", np.uint8(1): "b"}):
            config.id2label = given
            self.assertEqual(list(map(type, config.id2label)), [int, int])
            copies = (
                copy.deepcopy(config),
                pickle.loads(pickle.dumps(config)),
                CvtConfig.from_dict({}, id2label=given),
                CvtConfig.from_pretrained(DIGITS, id2label=given),
            )
            for again in (config, *copies):
                self.assertEqual(again.id2label, {0: "a", 1: "b"})
                self.assertEqual(again.num_labels, 2)
                self.assertEqual(again.to_dict()["id2label"], {0: "a", 1: "b"})
        for wrong in ({"a": "b"}, ["a"], None):
            with self.assertRaisesRegex(ValueError, "^id2label: found .*, expected"):
                config.id2label = wrong

    def test_json_files(self):
        config = CvtConfig(num_labels=3)
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "some.json"
            for use_diff in (True, False):
                config.to_json_file(file, use_diff)
                self.assertEqual(
                    file.read_text("utf-8"), config.to_json_string(use_diff)
                )
                self.assertEqual(CvtConfig.from_json_file(file), config)
            file.write_text("[]")
            with self.assertRaisesRegex(ValueError, f"^{file}: found a list"):
                CvtConfig.from_json_file(file)

    def test_tuples_become_lists(self):
        self.assertEqual(CvtConfig(depth=(1, 2, 3)), CvtConfig(depth=[1, 2, 3]))

    def test_older_name_of_dtype(self):
        config = CvtConfig(torch_dtype="float16")
        self.assertEqual(config.torch_dtype, "float16")
        config.torch_dtype = "float32"
        self.assertEqual(config.dtype, "float32")


class Errors(unittest.TestCase):
    """Each is one sentence with the key and what it is."""

    def assertRefuses(self, pattern, **arguments):
        with self.assertRaisesRegex(ValueError, pattern):
            CvtConfig(**arguments)

    def test_types_of_arguments(self):
        self.assertRefuses("^depth: found 3, expected a list of integers$", depth=3)
        self.assertRefuses("^depth: found .*, expected a list of int", depth=[1, 2.0])
        self.assertRefuses("^depth: found None, expected a list of int", depth=None)
        self.assertRefuses("^num_channels: found True", num_channels=True)
        self.assertRefuses(
            "^num_channels: found '3', expected an int", num_channels="3"
        )
        self.assertRefuses("^qkv_bias: .* a list of true and false", qkv_bias=[1, 2, 1])
        self.assertRefuses("^mlp_ratio: .* a list of finite numbers", mlp_ratio=["4"])
        self.assertRefuses("^mlp_ratio: .*nan", mlp_ratio=[math.nan])
        self.assertRefuses("^layer_norm_eps: found inf", layer_norm_eps=math.inf)
        self.assertRefuses(
            "^qkv_projection_method: .* strings$", qkv_projection_method=[0]
        )
        self.assertEqual(CvtConfig(mlp_ratio=[10**400]).mlp_ratio, [10**400])

    def test_numbers_of_numpy(self):
        config = CvtConfig(
            num_labels=np.int64(3),
            depth=np.array([1, 2, 10]),
            num_heads=[np.int32(1), 3, 6],
            layer_norm_eps=np.float32(0.5),
            qkv_bias=np.array([True, False, True]),
        )
        expected = CvtConfig(num_labels=3, layer_norm_eps=0.5)
        expected.qkv_bias = [True, False, True]
        self.assertEqual(config.to_json_string(), expected.to_json_string())
        config.num_labels = np.int64(5)
        self.assertEqual(len(config.id2label), 5)
        self.assertEqual(CvtConfig.from_dict({}, depth=np.array([1])).depth, [1])
        self.assertRefuses("^num_labels: found 3.0, expected", num_labels=np.float64(3))

    def test_booleans_as_numbers(self):
        config = CvtConfig(qkv_bias=[1, 1, 1], cls_token=[0, 0, 1])
        self.assertEqual(config, CvtConfig())
        config.validate()

    def test_labels(self):
        for count in (-1, 2.0, "2", True, 10**12, [2]):
            self.assertRefuses(
                "^num_labels: found .*, expected an int", num_labels=count
            )
        self.assertRefuses(
            "^id2label: found .*, expected integers as", id2label={"a": 1}
        )
        self.assertRefuses("^id2label: .*, expected a dictionary", id2label=["a"])
        self.assertRefuses("^label2id: .*, expected a dictionary", label2id="a")
        self.assertRefuses("^pruned_heads: .* a dictionary", pruned_heads=[1])
        config = CvtConfig()
        with self.assertRaisesRegex(ValueError, "^num_labels: found -1"):
            config.num_labels = -1
        with self.assertRaisesRegex(ValueError, "^num_labels: found 3, expected 1"):
            CvtConfig.from_dict({}, num_labels=3, id2label={0: "cat"})

    def test_contradicting_labels_warn(self):
        with self.assertLogs("cvtc", "WARNING") as logs:
            CvtConfig(num_labels=5, id2label={0: "cat"})
        self.assertIn("num_labels: found 5", logs.output[0])

    def test_other_models(self):
        self.assertRefuses(
            "^model_type: found 'vit', expected \"cvt\"$", model_type="vit"
        )
        self.assertRefuses(
            "^problem_type: found 'x', expected one of", problem_type="x"
        )
        self.assertRefuses("^problem_type: found ", problem_type=["regression"])

    def test_keys_that_would_hide_methods(self):
        for key in ("to_dict", "use_return_dict", "__class__", "__dict__", "validate"):
            self.assertRefuses(f"^{key}: found as a key", **{key: {}})
        self.assertEqual(CvtConfig(**{"self": 1, "": 2}).to_dict()["self"], 1)
        config = CvtConfig.from_dict({}, to_dict=3, __class__=int)
        self.assertEqual(config, CvtConfig())

    def test_overrides(self):
        with self.assertRaisesRegex(ValueError, r"config.json: depth: found 3, exp"):
            CvtConfig.from_pretrained(DIGITS, depth=3)
        with self.assertRaisesRegex(ValueError, "problem_type: found 'x', expected"):
            CvtConfig.from_pretrained(DIGITS, problem_type="x")

    def test_folders_without_a_configuration(self):
        with tempfile.TemporaryDirectory() as folder:
            for load in (CvtConfig, CvtModel):
                with self.assertRaisesRegex(
                    OSError, f"^{folder}/config.json: no such file, expected the"
                ):
                    load.from_pretrained(folder)

    def test_files(self):
        deep = b"[" * 100000 + b"]" * 100000
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "config.json"
            for content, pattern in (
                (b"", "Expecting value"),
                (b"[1]", "found a list, expected a JSON object"),
                (b"null", "found a NoneType, expected a JSON object"),
                (b'{"depth": [1, 2', "delimiter"),
                (b'{"depth": "\xff"}', "can't decode byte 0xff"),
                (b'{"x": NaN}', "x: Out of range float"),
                (b'{"x": {"y": [1e999]}}', "x: Out of range float"),
                (b'{"layer_norm_eps": -Infinity}', "layer_norm_eps: Out of range"),
                (
                    b'{"depth": {"0": 1}}',
                    "depth: found .*, expected a list of integers",
                ),
                (b'{"num_labels": 1000000000000}', "num_labels: found 1000000000000"),
                (b'{"model_type": "bert"}', "model_type: found 'bert'"),
                (b'{"id2label": {"a": "b"}}', "id2label: found"),
                (b'{"x": %s}' % deep, "found JSON nested too deeply"),
                (b'{"x": %s}' % deep[99000:101000], "found JSON nested too deeply"),
            ):
                with self.subTest(content[:40]):
                    file.write_bytes(content)
                    with self.assertRaisesRegex(ValueError, pattern) as caught:
                        CvtConfig.from_pretrained(folder)
                    self.assertTrue(str(caught.exception).startswith(f"{file}: "))
            file.unlink()
            with self.assertRaisesRegex(OSError, str(file)):
                CvtConfig.from_pretrained(folder)

    def test_values_that_json_has_not(self):
        for value in (math.nan, object(), {1: 0, "a": 0}):
            with self.assertRaisesRegex(ValueError, "^teacher: "):
                CvtConfig(teacher=value).to_json_string()

    def test_a_file_in_place_of_the_folder(self):
        with tempfile.NamedTemporaryFile() as file:
            with self.assertRaises(OSError):
                CvtConfig().save_pretrained(file.name)


@needs("cvtc._native")
class CheckedByTheCompiler(unittest.TestCase):
    def test_validate(self):
        CvtConfig().validate()
        CvtConfig.from_pretrained(DIGITS).validate()
        with self.assertRaisesRegex(ValueError, "^CvtConfig: .*num_heads"):
            CvtConfig(num_heads=[1, 3, 5]).validate()
        config = CvtConfig(depth=[1, 2], name_or_path="some/model")
        with self.assertRaisesRegex(ValueError, "^some/model: .*depth"):
            config.validate()

    def test_names_of_models(self):
        with tempfile.TemporaryDirectory() as cache:
            model = pathlib.Path(cache) / "hub" / "models--some--model"
            snapshot = model / "snapshots" / COMMIT
            CvtConfig(num_labels=3).save_pretrained(snapshot)
            (model / "refs").mkdir()
            (model / "refs" / "main").write_text(COMMIT)
            with unittest.mock.patch.dict(os.environ, HF_HOME=cache):
                self.assertEqual(CvtConfig.from_pretrained("some/model").num_labels, 3)
                with self.assertRaisesRegex(OSError, "other/model"):
                    CvtConfig.from_pretrained("other/model")
        with self.assertRaisesRegex(OSError, "no such folder"):
            CvtConfig.from_pretrained("no such folder")
