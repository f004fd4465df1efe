"""The demo model and its pictures, for the tests beside this file."""

import json
import os
import pathlib
import shutil

import numpy as np

SOURCE = pathlib.Path(__file__).resolve().parents[2]
MODEL = SOURCE / "test" / "models" / "cvt-digits"
FORMATS = SOURCE / "test" / "models" / "cvt-digits-formats"
PICTURES = sorted((MODEL / "test-images").glob("*.png"))
COMMIT = "0123456789abcdef0123456789abcdef01234567"


def expected(name):
    return np.load(MODEL / "expected" / f"{name}.npy")


def label_of(picture):
    return picture.stem.split("-")[1]


def make_folder(parent, name, weights=None, **config):
    """A model folder with other values in its config, and the weights given."""
    folder = pathlib.Path(parent) / name
    folder.mkdir()
    values = json.loads((MODEL / "config.json").read_text()) | config
    (folder / "config.json").write_text(json.dumps(values))
    shutil.copy(MODEL / "preprocessor_config.json", folder)
    if weights:
        shutil.copy(weights, folder)
    return folder


def make_hub_cache(parent, model, weights):
    """A cache of Hugging Face's in which the demo model has the name `model`;
    returns the value of HF_HOME."""
    home = pathlib.Path(parent) / "huggingface"
    repository = home / "hub" / f"models--{model.replace('/', '--')}"
    snapshot = repository / "snapshots" / COMMIT
    snapshot.mkdir(parents=True)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(COMMIT)
    for file in (
        MODEL / "config.json",
        MODEL / "preprocessor_config.json",
        *weights,
    ):
        os.symlink(file, snapshot / file.name)
    return home
