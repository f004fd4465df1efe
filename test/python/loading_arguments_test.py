"""What from_pretrained takes beside the name of a model, and what it refuses."""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

import numpy as np

import cvtc
import digits
from frameworks import needs


# They ask for what is so anyway.
HARMLESS = {
    "cache_dir": None,
    "force_download": True,
    "local_files_only": True,
    "mirror": None,
    "proxies": {},
    "resume_download": True,
    "return_unused_kwargs": False,
    "revision": "main",
    "subfolder": "",
    "token": "secret",
    "trust_remote_code": True,
    "use_auth_token": "secret",
}
OTHER_PLACES = {
    "cache_dir": "/tmp/cache",
    "image_processor_filename": "other.json",
    "revision": "v2",
    "subfolder": "a",
    "variant": "fp16",
}
CLASSES = (
    cvtc.AutoImageProcessor,
    cvtc.ConvNextImageProcessor,
    cvtc.CvtConfig,
    cvtc.CvtForImageClassification,
    cvtc.TFCvtModel,
)


class HubArgumentsTest(unittest.TestCase):
    def test_without_effect(self):
        for cls in CLASSES:
            found = cls.from_pretrained(digits.MODEL, **HARMLESS)
            again = cls.from_pretrained(digits.MODEL, revision=None)
            self.assertEqual(repr(found), repr(again))
            self.assertNotIn("secret", repr(found))

    def test_other_places(self):
        for cls in CLASSES:
            for name, value in OTHER_PLACES.items():
                with self.subTest(f"{cls.__name__} {name}"):
                    with self.assertRaisesRegex(
                        ValueError,
                        f"^from_pretrained.. does not take {name}; give the path of",
                    ):
                        cls.from_pretrained(digits.MODEL, **{name: value})

    def test_results_come_alone(self):
        for cls in CLASSES:
            if cls is cvtc.CvtConfig:
                continue
            with self.assertRaisesRegex(
                ValueError, "does not take return_unused_kwargs; it returns what"
            ):
                cls.from_pretrained(digits.MODEL, return_unused_kwargs=True)


class LoadingTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.pixels = digits.expected("pixel_values_first2")

    def load(self, name=digits.MODEL, **options):
        return cvtc.CvtForImageClassification.from_pretrained(name, **options)

    def test_without_effect(self):
        for options in (
            {"attn_implementation": "sdpa", "low_cpu_mem_usage": True},
            {"device_map": "cpu", "torch_dtype": "auto", "output_loading_info": False},
            {"device_map": "auto", "dtype": np.float32},
            {"device_map": {"": "cpu"}, "dtype": np.dtype("f4")},
            {"device_map": None, "dtype": None, "from_pt": True},
            {"torch_dtype": "float32"},
            {"weights_only": True, "from_flax": False, "state_dict": None},
            {"quantization_config": None, "offload_folder": "x", "max_memory": {}},
        ):
            with self.subTest(options):
                self.assertEqual(self.load(**options).config, self.load().config)

    @needs("torch")
    def test_types_of_torch(self):
        import torch

        self.load(torch_dtype=torch.float32, device_map=torch.device("cpu"))
        with self.assertRaisesRegex(ValueError, "^dtype is torch.float16, expected"):
            self.load(dtype=torch.float16)

    def test_refused(self):
        for sentence, options in {
            "^torch_dtype is 'float16', .*; precision says": {"torch_dtype": "float16"},
            "^dtype is .*float64.*, expected float32 or": {"dtype": np.float64},
            "^device_map is 'cuda:0', expected None": {"device_map": "cuda:0"},
            "^device_map is {'': 0}, expected None": {"device_map": {"": 0}},
            "does not take output_loading_info": {"output_loading_info": True},
            "does not take state_dict; weights names a file": {"state_dict": {"a": 1}},
            "does not take load_in_8bit; .* precision says": {"load_in_8bit": True},
            "^activation is 'relu', expected one of gelu, quick_gelu$": {
                "activation": "relu"
            },
            "^threads is -1, expected a whole number of at least 0$": {"threads": -1},
            "^threads is 1.5, expected a whole number": {"threads": 1.5},
            "^threads is '2', expected a whole number": {"threads": "2"},
        }.items():
            with self.subTest(options):
                with self.assertRaisesRegex(ValueError, sentence):
                    self.load(**options)

    def test_arguments_of_the_constructor(self):
        cvtc.CvtModel.from_pretrained(digits.MODEL, add_pooling_layer=False)
        with self.assertRaisesRegex(TypeError, "argument 'add_pooling_layer'"):
            self.load(add_pooling_layer=False)

    def test_which_weights(self):
        tensorflow = digits.make_folder(self.folder, "tf", digits.FORMATS / "tf_model.h5")
        shutil.copy(digits.MODEL / "model.safetensors", tensorflow)
        for name, options in {
            "tf_model.h5": {"from_tf": True},
            "model.safetensors": {"use_safetensors": True},
            "pytorch_model.bin": {"use_safetensors": False},
        }.items():
            with self.subTest(name):
                if name == "pytorch_model.bin":
                    with self.assertRaisesRegex(OSError, "tf: has no pytorch_model"):
                        self.load(tensorflow, **options)
                    shutil.copy(digits.FORMATS / name, tensorflow)
                model = self.load(tensorflow, **options)
                source = model._programs.source
                self.assertEqual(source.weight_files, (str(tensorflow / name),))
                logits = model(self.pixels).logits
                expected = digits.expected("logits")[:2]
                np.testing.assert_allclose(logits, expected, rtol=0, atol=1e-4)

    def test_saving(self):
        model = self.load()
        harmless = {
            "push_to_hub": False,
            "is_main_process": True,
            "state_dict": None,
            "token": "secret",
            "variant": None,
        }
        model.save_pretrained(self.folder, safe_serialization=True, **harmless)
        model.config.save_pretrained(self.folder, **harmless)
        model.image_processor.save_pretrained(self.folder, **harmless)
        for saved in (model, model.config, model.image_processor):
            for key, value in {
                "push_to_hub": True,
                "is_main_process": False,
                "state_dict": {},
                "variant": "fp16",
            }.items():
                with self.assertRaisesRegex(ValueError, f"^{key} is {value!r}, expected"):
                    saved.save_pretrained(self.folder / "no", **{key: value})
            with self.assertRaisesRegex(TypeError, "unexpected keyword argument 'colour'"):
                saved.save_pretrained(self.folder / "no", colour=1)
        with self.assertRaisesRegex(ValueError, "only safetensors is written"):
            model.save_pretrained(self.folder / "no", safe_serialization=False)
        self.assertFalse((self.folder / "no").exists())

    def test_artifacts(self):
        artifact = self.load().compile()
        self.assertEqual(cvtc.load(artifact).config.name_or_path, str(artifact))
        with self.assertRaisesRegex(ValueError, "^threads is -1, expected a whole"):
            cvtc.load(artifact, threads=-1)

    def test_processor_of_another_kind(self):
        folder = digits.make_folder(
            self.folder, "model", digits.MODEL / "model.safetensors"
        )
        for text in ('{"image_processor_type": "ViTImageProcessor"}', "{"):
            (folder / "preprocessor_config.json").write_text(text)
            with self.assertLogs("cvtc", "WARNING") as log:
                model = cvtc.CvtForImageClassification.from_pretrained(folder)
            self.assertIn("preprocessor_config.json", log.output[0])
            self.assertIsNone(model.image_processor)
        pixels = digits.expected("pixel_values_first2")
        np.testing.assert_allclose(
            model(pixels).logits, digits.expected("logits")[:2], atol=1e-4
        )

    def test_what_modules_say_of_themselves(self):
        model = self.load()
        self.assertEqual(model.name_or_path, str(digits.MODEL))
        self.assertIs(model.training, False)

    def test_files_are_utf8(self):
        """Whatever the user's language is."""
        folder = digits.make_folder(
            self.folder, "model", digits.MODEL / "model.safetensors"
        )
        file = folder / "preprocessor_config.json"
        text = file.read_text("utf-8").replace("{", '{"author": "Zoë",', 1)
        file.write_text(text, "utf-8")
        subprocess.run(
            [
                sys.executable,
                "-c",
                "import cvtc, sys; cvtc.CvtModel.from_pretrained(sys.argv[1])",
                folder,
            ],
            env={
                **os.environ,
                "LC_ALL": "C",
                "PYTHONCOERCECLOCALE": "0",
                "PYTHONPATH": str(pathlib.Path(cvtc.__file__).parents[1]),
                "PYTHONUTF8": "0",
            },
            check=True,
        )


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
