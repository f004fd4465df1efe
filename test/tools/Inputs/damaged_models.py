"""Writes copies of a model folder, each with one fault: damaged_models.py MODEL DIR."""

import json
import pathlib
import shutil
import sys

import numpy as np
from safetensors.numpy import load_file, save_file

model, target = map(pathlib.Path, sys.argv[1:3])
tensors = load_file(model / "model.safetensors")


def copy(name):
    folder = target / name
    folder.mkdir(parents=True, exist_ok=True)
    for file in model.glob("*.json"):
        shutil.copyfile(file, folder / file.name)
    shutil.copyfile(model / "model.safetensors", folder / "model.safetensors")
    return folder


def configure(name, **changes):
    path = copy(name) / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


(copy("no-json") / "config.json").write_text("{")
configure("other-model", model_type="vit")
configure("bad-value", embed_dim=[16, -32, 64])
(copy("no-config") / "config.json").unlink()
(copy("no-weights") / "model.safetensors").unlink()
weights = copy("cut-weights") / "model.safetensors"
weights.write_bytes(weights.read_bytes()[:100000])
weights = copy("cut-header") / "model.safetensors"
weights.write_bytes(weights.read_bytes()[:1000])
(copy("bad-processor") / "preprocessor_config.json").write_text('{"size": 5')
save_file(
    {name: value for name, value in tensors.items() if "layers.1" not in name},
    copy("missing-tensors") / "model.safetensors",
)
save_file(
    tensors | {"classifier.weight": np.zeros((9, 64), np.float32)},
    copy("wrong-shape") / "model.safetensors",
)
save_file(
    tensors | {"extra.weight": np.zeros(3, np.float32)},
    copy("unexpected-tensor") / "model.safetensors",
)
