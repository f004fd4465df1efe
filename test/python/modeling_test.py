"""CvtModel and CvtForImageClassification: results, arguments, loading, saving."""

import concurrent.futures
import copy
import importlib.util
import pathlib
import pickle
import subprocess
import sys
import tempfile
import unittest
import unittest.mock

import numpy as np

import cvtc
import digits
from cvtc import artifacts

TOLERANCE = 1e-4
HAS_TORCH = importlib.util.find_spec("torch") is not None
NEEDS_TORCH = unittest.skipUnless(HAS_TORCH, "torch is not installed")


def pixels(count=2):
    return digits.expected("pixel_values_first2")[:count]


def close(found, expected, tolerance=TOLERANCE):
    np.testing.assert_allclose(np.asarray(found), expected, rtol=0, atol=tolerance)


class CvtForImageClassificationTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.model = cvtc.CvtForImageClassification.from_pretrained(digits.MODEL)

    def test_logits(self):
        outputs = self.model(pixels())
        self.assertEqual(list(outputs), ["logits"])
        self.assertEqual(outputs.logits.dtype, np.float32)
        close(outputs.logits, digits.expected("logits")[:2])
        self.assertIsNone(outputs.loss)
        self.assertIsNone(outputs.hidden_states)

    def test_hidden_states(self):
        outputs = self.model(pixels(), output_hidden_states=True)
        self.assertEqual(list(outputs), ["logits", "hidden_states"])
        close(outputs.logits, digits.expected("logits")[:2])
        self.assertIsInstance(outputs.hidden_states, tuple)
        self.assertEqual(len(outputs.hidden_states), 3)
        for stage, found in enumerate(outputs.hidden_states):
            close(found, digits.expected(f"hidden_state_{stage}_first2"))

    def test_tuples(self):
        logits = self.model(pixels()).logits
        labels = np.array([1, 2])
        alone = self.model(pixels(), return_dict=False)
        self.assertIsInstance(alone, tuple)
        self.assertEqual(len(alone), 1)
        close(alone[0], logits, 0)
        loss, again, hidden = self.model(
            pixels(), labels, output_hidden_states=True, return_dict=False
        )
        self.assertEqual(loss.shape, ())
        close(again, logits, TOLERANCE)
        self.assertEqual(len(hidden), 3)

    def test_config_decides_what_arguments_leave_open(self):
        model = cvtc.CvtForImageClassification.from_pretrained(
            digits.MODEL, output_hidden_states=True, return_dict=False
        )
        results = model(pixels())
        self.assertIsInstance(results, tuple)
        self.assertEqual([type(part) for part in results], [np.ndarray, tuple])
        self.assertEqual(len(model(pixels(), output_hidden_states=False)), 1)

    def test_batches_above_the_limit(self):
        self.assertEqual(self.model._programs.settings.max_batch, 8)
        many = np.concatenate([pixels()] * 10)[:19]
        logits = self.model(pixel_values=many).logits
        self.assertEqual(logits.shape, (19, 10))
        close(logits, np.tile(digits.expected("logits")[:2], (10, 1))[:19])

    def test_other_image_sizes(self):
        for size in ((32, 32), (48, 80)):
            self.assertEqual(self.model(np.zeros((1, 3, *size), "f4")).logits.size, 10)

    def test_wrong_inputs(self):
        wrong = {
            "You have to specify pixel_values": None,
            r"shape \(3, 64, 64\), expected \(batch, 3, height": pixels()[0],
            r"shape \(2, 1, 64, 64\), expected \(batch, 3": pixels()[:, :1],
            r"shape \(2, 64, 64, 3\), expected \(batch, 3": np.moveaxis(pixels(), 1, 3),
            r"shape \(0, 3, 64, 64\).*at least 1": pixels()[:0],
            r"shape \(2, 3, 64, 0\).*at least 1": pixels()[..., :0],
        }
        with unittest.mock.patch.object(cvtc.artifacts, "_compile") as compiler:
            for message, value in wrong.items():
                with self.assertRaisesRegex(ValueError, message):
                    self.model(value)
            compiler.assert_not_called()
        with self.assertRaisesRegex(ValueError, "2x2|2 x 2"):
            self.model(np.zeros((1, 3, 2, 2), "f4"))
        with self.assertRaises(TypeError):
            self.model(np.zeros((1, 3, 64, 64), "u1"))

    def test_layouts(self):
        last = np.moveaxis(np.moveaxis(pixels(), 1, -1).copy(), -1, 1)
        self.assertFalse(last.flags.c_contiguous)
        close(self.model(last).logits, digits.expected("logits")[:2])
        close(self.model(pixels().astype("f8")).logits, digits.expected("logits")[:2])

    def test_threads_share_a_model(self):
        expected = digits.expected("logits")[:2]
        model = cvtc.CvtForImageClassification.from_pretrained(digits.MODEL)
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            for outputs in pool.map(lambda _: model(pixels()), range(64)):
                close(outputs.logits, expected)

    def test_copies(self):
        loaded = cvtc.load(self.model.compile())
        for model in (self.model, loaded):
            for again in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
                close(again(pixels()).logits, digits.expected("logits")[:2])
                self.assertEqual(again.config, model.config)

    def test_only_some_programs_stay_open(self):
        model = copy.deepcopy(self.model)
        with unittest.mock.patch.object(cvtc.programs, "MAX_OPEN", 2):
            for side in (16, 24, 32, 16):
                model(np.zeros((1, 3, side, side), "f4"))
        sizes = [key[1] for key in model._programs._opened]
        self.assertEqual(sizes, [32, 16])

    def test_ways_to_call_a_module(self):
        self.assertIs(self.model.eval(), self.model)
        self.assertIs(self.model.to("cpu"), self.model)
        self.assertIs(self.model.train(False), self.model)
        close(self.model.forward(pixels()).logits, digits.expected("logits")[:2])
        with self.assertRaisesRegex(NotImplementedError, "training is not supported"):
            self.model.train()
        with self.assertRaisesRegex(ValueError, "device is cuda:0, expected cpu"):
            self.model.to("cuda:0")

    @NEEDS_TORCH
    def test_torch_tensors(self):
        import torch

        outputs = self.model(
            torch.from_numpy(pixels()),
            labels=torch.tensor([0, 1]),
            output_hidden_states=True,
        )
        for tensor in (outputs.loss, outputs.logits, *outputs.hidden_states):
            self.assertIsInstance(tensor, torch.Tensor)
            self.assertEqual(tensor.dtype, torch.float32)
        close(outputs.logits, digits.expected("logits")[:2])


class CvtModelTest(unittest.TestCase):
    def test_outputs(self):
        model = cvtc.CvtModel.from_pretrained(digits.MODEL)
        outputs = model(pixel_values=pixels(), output_hidden_states=True)
        self.assertEqual(
            list(outputs), ["last_hidden_state", "cls_token_value", "hidden_states"]
        )
        for name in ("last_hidden_state", "cls_token_value"):
            close(outputs[name], digits.expected(f"{name}_first2"))
        self.assertEqual(len(outputs.hidden_states), 3)
        self.assertEqual(len(model(pixels(), return_dict=False)), 2)

    def test_without_class_token(self):
        config = cvtc.CvtConfig(cls_token=[False] * 3, depth=[1, 1, 1])
        outputs = cvtc.CvtModel(config, add_pooling_layer=False)(
            np.zeros((1, 3, 32, 32), "f4")
        )
        self.assertEqual(list(outputs), ["last_hidden_state"])
        self.assertIsNone(outputs.cls_token_value)
        self.assertEqual(outputs[0].shape, (1, 384, 2, 2))


class LoadingTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def logits(self, *arguments, **options):
        model = cvtc.CvtForImageClassification.from_pretrained(*arguments, **options)
        return model(pixels()).logits

    def test_formats(self):
        for file, expected in (
            (digits.MODEL / "model.safetensors", "logits"),
            (digits.FORMATS / "pytorch_model.bin", "logits"),
            (digits.FORMATS / "tf_model.h5", "logits"),
            (digits.FORMATS / "microsoft.pth", "logits_quick_gelu"),
        ):
            with self.subTest(file.name):
                close(
                    self.logits(digits.MODEL, weights=file),
                    digits.expected(expected)[:2],
                )

    def test_activation(self):
        pth = digits.FORMATS / "microsoft.pth"
        close(
            self.logits(digits.MODEL, weights=pth, activation="gelu"),
            digits.expected("logits")[:2],
        )

    def test_other_number_of_labels(self):
        with self.assertRaisesRegex(ValueError, r"classifier.*10.*3|classifier.*3.*10"):
            self.logits(digits.MODEL, num_labels=3)
        with self.assertLogs("cvtc", "WARNING") as log:
            model = cvtc.CvtForImageClassification.from_pretrained(
                digits.MODEL, num_labels=3, ignore_mismatched_sizes=True
            )
            self.assertEqual(model(pixels()).logits.shape, (2, 3))
        self.assertIn("classifier.weight", log.output[0])
        self.assertEqual(model.config.id2label, {i: f"LABEL_{i}" for i in range(3)})

    def test_bare_weights_in_a_classifier(self):
        cvtc.CvtModel.from_pretrained(digits.MODEL).save_pretrained(self.folder)
        with self.assertLogs("cvtc", "WARNING") as log:
            self.assertEqual(self.logits(self.folder).shape, (2, 10))
        self.assertIn("classifier.weight", log.output[0])

    def test_missing(self):
        with self.assertRaisesRegex(OSError, "no such folder|hf download"):
            cvtc.CvtModel.from_pretrained("nobody/nothing")
        folder = digits.make_folder(self.folder, "empty")
        with self.assertRaisesRegex(ValueError, "empty: has no weights"):
            self.logits(folder)

    def test_config_class_of_a_subclass(self):
        class Config(cvtc.CvtConfig):
            pass

        class Model(cvtc.CvtForImageClassification):
            config_class = Config

        self.assertIsInstance(Model.from_pretrained(digits.MODEL).config, Config)

    def test_unknown_arguments(self):
        with self.assertRaisesRegex(TypeError, "unexpected keyword argument 'colour'"):
            cvtc.CvtModel.from_pretrained(digits.MODEL, colour=1)
        with self.assertRaisesRegex(ValueError, "precision is 'f16', expected one of"):
            cvtc.CvtModel.from_pretrained(digits.MODEL, precision="f16")

    def test_impossible_config(self):
        with self.assertRaisesRegex(ValueError, "num_heads"):
            cvtc.CvtModel(cvtc.CvtConfig(num_heads=[5, 3, 6]))
        with self.assertRaisesRegex(TypeError, "expected CvtConfig"):
            cvtc.CvtModel({})

    def test_random_weights(self):
        config = cvtc.CvtConfig(depth=[1, 1, 1], num_labels=7)
        first, second = (cvtc.CvtForImageClassification(config) for _ in range(2))
        picture = np.ones((1, 3, 32, 32), "f4")
        logits = first(picture).logits
        self.assertEqual(logits.shape, (1, 7))
        close(first(picture).logits, logits, 0)
        self.assertGreater(np.abs(second(picture).logits - logits).max(), 1e-3)

    def test_saving(self):
        for cls in (cvtc.CvtForImageClassification, cvtc.CvtModel):
            model = cls.from_pretrained(digits.MODEL)
            model.save_pretrained(self.folder / cls.__name__)
            again = cls.from_pretrained(self.folder / cls.__name__)
            close(again(pixels())[0], model(pixels())[0], 0)
            self.assertEqual(again.config.architectures, [cls.__name__])
        drawn = cvtc.CvtModel(cvtc.CvtConfig(depth=[1, 1, 1]))
        drawn.save_pretrained(self.folder / "drawn")
        again = cvtc.CvtModel.from_pretrained(self.folder / "drawn")
        picture = np.ones((1, 3, 32, 32), "f4")
        close(again(picture)[0], drawn(picture)[0], 0)

    @NEEDS_TORCH
    def test_transformers_reads_what_is_saved(self):
        try:
            import torch
            import transformers
        except ImportError as error:
            self.skipTest(str(error))
        cvtc.CvtForImageClassification.from_pretrained(digits.MODEL).save_pretrained(
            self.folder
        )
        model = transformers.CvtForImageClassification.from_pretrained(self.folder)
        with torch.no_grad():
            logits = model.eval()(torch.from_numpy(pixels())).logits
        close(logits, digits.expected("logits")[:2])


class CompilingTest(unittest.TestCase):
    def setUp(self):
        self.model = cvtc.CvtForImageClassification.from_pretrained(digits.MODEL)

    def test_ahead(self):
        path = self.model.compile()
        opened = cvtc.load(path)
        self.assertIsInstance(opened, cvtc.CvtForImageClassification)
        self.assertEqual(opened.config.id2label, self.model.config.id2label)
        close(opened(pixels()).logits, digits.expected("logits")[:2])
        with self.assertRaisesRegex(ValueError, "compiled without hidden states"):
            opened(pixels(), output_hidden_states=True)
        with self.assertRaisesRegex(ValueError, "loaded from an artifact"):
            opened.save_pretrained("nowhere")
        with self.assertRaisesRegex(ValueError, "loaded from an artifact"):
            opened.compile()

    def test_precisions(self):
        expected = digits.expected("logits")[:2]
        for precision in ("bf16", "int8"):
            path = self.model.compile(precision=precision, output_hidden_states=True)
            self.assertEqual(cvtc.load(path)._programs.model.precision, precision)
            outputs = self.model(pixels(), output_hidden_states=True)
            error = np.abs(outputs.logits - expected).max()
            self.assertGreater(error, 0)
            self.assertLess(error, 0.1 * np.abs(expected).max())

    def test_sizes_and_batches(self):
        path = self.model.compile(image_size=(32, 48), max_batch=3)
        opened = cvtc.load(path)
        self.assertEqual(opened._programs.model.input_shape, (3, 32, 48))
        self.assertEqual(opened._programs.model.max_batch, 3)
        self.assertEqual(opened(np.zeros((5, 3, 32, 48), "f4")).logits.shape, (5, 10))

    def test_wrong_arguments_change_nothing(self):
        expected = self.model(pixels()).logits
        for wrong in (0, -5, 10**9, (1, 2, 3), "64", 1.5):
            with self.assertRaises(ValueError):
                self.model.compile(image_size=wrong, precision="bf16")
        for wrong in (0, 10**12, "2"):
            with self.assertRaisesRegex(ValueError, "max_batch is .* from 1 to 4096"):
                self.model.compile(max_batch=wrong)
        with self.assertRaisesRegex(ValueError, "precision is 'f16'"):
            self.model.compile(precision="f16")
        close(self.model(pixels()).logits, expected, 0)
        self.model.compile(image_size=np.int64(64))

    def test_bare_model_of_fewer_stages_than_class_tokens(self):
        config = cvtc.CvtConfig(embed_dim=[16, 32], num_heads=[1, 2], depth=[1, 1])
        outputs = cvtc.CvtModel(config)(np.zeros((1, 3, 32, 32), "f4"))
        self.assertEqual(list(outputs), ["last_hidden_state"])

    def test_bare_model(self):
        path = cvtc.CvtModel.from_pretrained(digits.MODEL).compile()
        opened = cvtc.load(path)
        self.assertIsInstance(opened, cvtc.CvtModel)
        close(
            opened(pixels()).cls_token_value, digits.expected("cls_token_value_first2")
        )

    def compile_outputs(self, names):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        path = pathlib.Path(folder.name) / "outputs.cvt"
        command = [artifacts.COMPILER, digits.MODEL, "-o", path, f"--outputs={names}"]
        subprocess.run(command, check=True)
        return path

    def test_artifact_without_logits(self):
        opened = cvtc.load(self.compile_outputs("last_hidden_state,hidden_states"))
        self.assertIsInstance(opened, cvtc.CvtModel)
        outputs = opened(pixels(), output_hidden_states=True)
        close(outputs.last_hidden_state, digits.expected("last_hidden_state_first2"))
        self.assertIsNone(outputs.cls_token_value)
        path = self.compile_outputs("hidden_states")
        with self.assertRaisesRegex(ValueError, "outputs.cvt: computes hidden_st"):
            cvtc.load(path)

    def test_not_an_artifact(self):
        with self.assertRaises(OSError):
            cvtc.load("none.cvt")
        with self.assertRaises(RuntimeError):
            cvtc.load(digits.MODEL / "config.json")


if __name__ == "__main__":
    sys.exit(unittest.main())
