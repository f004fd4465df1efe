"""The models that are measured, and the files that peers make of them.

A model is CvT-13, CvT-21 or CvT-W24 with perturbed random weights: time does
not depend on the values, and an error shows.  Its files are made once and kept
in build/bench/models/NAME: a Hugging Face folder, an ONNX file, a quantised
OpenVINO model, artifacts of cvt-compile.
"""

import dataclasses
import hashlib
import json
import pathlib
import subprocess
import sys

import numpy as np

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(SOURCE / "test" / "e2e"))

CVT_13 = {"num_labels": 1000}
MODELS = {
    "cvt-13": {**CVT_13, "image_size": [224, 224]},
    "cvt-21": {**CVT_13, "image_size": [224, 224], "depth": [1, 4, 16]},
    "cvt-13-384": {**CVT_13, "image_size": [384, 384]},
    "cvt-w24-384": {
        **CVT_13,
        "image_size": [384, 384],
        "embed_dim": [192, 768, 1024],
        "num_heads": [3, 12, 16],
        "depth": [2, 2, 20],
    },
}
IMAGE_PROCESSOR = {
    "crop_pct": 0.875,
    "do_normalize": True,
    "do_rescale": True,
    "do_resize": True,
    "image_mean": [0.485, 0.456, 0.406],
    "image_processor_type": "ConvNextImageProcessor",
    "image_std": [0.229, 0.224, 0.225],
    "resample": 3,
    "rescale_factor": 1 / 255,
}
CALIBRATION_INPUTS = 64
MAX_BATCH = 16


class NotAvailable(Exception):
    """A peer cannot run something; the text says why, in one line."""


@dataclasses.dataclass(frozen=True)
class Model:
    """A model by name, with its files in `folder` once they were made."""

    name: str
    build: pathlib.Path

    @property
    def folder(self):
        return self.build / "bench" / "models" / self.name

    @property
    def image_size(self):
        return MODELS[self.name]["image_size"]

    @property
    def classes(self):
        return MODELS[self.name]["num_labels"]

    @property
    def hugging_face(self):
        return self.folder / "hugging-face"

    @property
    def onnx(self):
        return self.folder / "model.onnx"

    @property
    def openvino_one_image(self):
        return self.folder / "openvino-batch1.xml"

    @property
    def openvino_int8(self):
        return self.folder / "openvino-int8.xml"

    def artifact(self, precision, target):
        return self.folder / f"{precision}-{target}.cvt"

    def pixel_values(self, batch, seed=1):
        shape = (batch, 3, *self.image_size)
        return np.random.default_rng(seed).standard_normal(shape, np.float32)

    def load(self):
        """The model in PyTorch."""
        from transformers import CvtForImageClassification

        return CvtForImageClassification.from_pretrained(self.hugging_face).eval()


def make_hugging_face(model):
    """Writes the folder that everything else is made of."""
    if model.hugging_face.exists():
        return
    import make_model

    model.folder.mkdir(parents=True, exist_ok=True)
    beside = model.folder / "hugging-face.part"
    make_model.write(make_model.build(MODELS[model.name]), beside)
    (beside / "preprocessor_config.json").write_text(
        json.dumps({**IMAGE_PROCESSOR, "size": {"shortest_edge": model.image_size[0]}})
    )
    beside.rename(model.hugging_face)


def make_onnx(model):
    """Writes the ONNX file.  Its batch is free; peers fix it when they load."""
    if model.onnx.exists():
        return
    import torch

    beside = model.folder / "model.part.onnx"
    with torch.inference_mode():
        torch.onnx.export(
            model.load(),
            (torch.from_numpy(model.pixel_values(2)),),
            str(beside),
            input_names=["pixel_values"],
            output_names=["logits"],
            dynamic_axes={"pixel_values": {0: "batch"}, "logits": {0: "batch"}},
            opset_version=17,
            dynamo=False,
        )
    beside.rename(model.onnx)


def make_openvino_int8(model):
    """Quantises with NNCF, as its documentation does for transformers."""
    if model.openvino_int8.exists():
        return
    make_onnx(model)
    import nncf
    import openvino

    inputs = [
        model.pixel_values(1, seed=1000 + index) for index in range(CALIBRATION_INPUTS)
    ]
    quantized = nncf.quantize(
        openvino.Core().read_model(model.onnx),
        nncf.Dataset(inputs),
        model_type=nncf.ModelType.TRANSFORMER,
        subset_size=CALIBRATION_INPUTS,
    )
    save_openvino(quantized, model.openvino_int8)


def make_openvino_one_image(model):
    """Writes OpenVINO's own format, from which it starts fastest."""
    if model.openvino_one_image.exists():
        return
    make_onnx(model)
    import openvino

    network = openvino.Core().read_model(model.onnx)
    network.reshape([1, 3, *model.image_size])
    save_openvino(network, model.openvino_one_image)


def save_openvino(network, path):
    import openvino

    beside = path.with_suffix(".part.xml")
    openvino.save_model(network, beside, compress_to_fp16=False)
    beside.with_suffix(".bin").rename(path.with_suffix(".bin"))
    beside.rename(path)


def make_artifact(model, precision, target):
    """Compiles with cvt-compile, anew whenever the compiler has changed."""
    compiler = model.build / "bin" / "cvt-compile"
    artifact = model.artifact(precision, target)
    made_by = artifact.with_suffix(".made-by")
    stamp = hashlib.sha256(compiler.read_bytes()).hexdigest()
    if artifact.exists() and made_by.exists() and made_by.read_text() == stamp:
        return
    result = subprocess.run(
        [
            *(compiler, model.hugging_face, "-o", artifact),
            *(f"--precision={precision}", f"--target={target}"),
            f"--max-batch={MAX_BATCH}",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode != 0:
        raise NotAvailable((result.stderr.strip().splitlines() or ["failed"])[-1])
    made_by.write_text(stamp)
