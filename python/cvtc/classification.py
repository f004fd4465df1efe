"""Opening artifacts, and pictures to labels in one call."""

from __future__ import annotations

import json
import os
import pathlib
from typing import Any, Optional, Union

import numpy as np

from . import image_inputs, programs
from .config_values import whole_number
from .configuration import CvtConfig
from .image_processing import ConvNextImageProcessor
from .modeling_cvt import Classifier, CvtForImageClassification, CvtModel
from .pretrained import CvtPreTrainedModel

#: Pictures that are in memory as pixel_values at once.
BATCH = 8


def load(
    path: Union[str, os.PathLike], threads: int = 0
) -> Union[CvtForImageClassification, CvtModel]:
    """Opens an artifact that cvt-compile or a model's `compile` has made, and
    returns a model for its image size, with its config and image processor: a
    classifier if it computes logits, else the encoder alone.

    It is native code: open only files you trust.  threads: those that compute;
    0: one for each CPU.  Raises OSError if there is no such file, RuntimeError
    if it is damaged or not for this CPU, ValueError for such a number of threads
    or an artifact that computes neither logits nor last_hidden_state."""
    threads = whole_number("threads", threads, 0)
    program = programs.Program.open(pathlib.Path(path), threads)
    manifest = json.loads(program.model.manifest)
    config = CvtConfig.from_dict(manifest["model"]["config"])
    config.name_or_path = os.fspath(path)
    processor = manifest["image_processor"]
    computed = program.model.output_names
    if not {"logits", "last_hidden_state"}.intersection(computed):
        raise ValueError(
            f"{os.fspath(path)}: computes {', '.join(computed)}, expected logits or "
            "last_hidden_state among them"
        )
    cls = CvtForImageClassification if "logits" in computed else CvtModel
    return cls._of_program(
        config,
        program,
        None if processor is None else ConvNextImageProcessor(**processor),
    )


def classify(
    model: Union[Classifier, str, os.PathLike],
    images: Any,
    top_k: int = 5,
    image_processor: Optional[ConvNextImageProcessor] = None,
) -> Union[list[dict[str, Any]], list[list[dict[str, Any]]]]:
    """The labels that fit pictures best, as Hugging Face's pipeline scores them.

    model: a classifier, or where one is: a model folder, a name in Hugging
        Face's cache, or an artifact.
    images: a picture as a path, the bytes of a file, a PIL image (turned
        upright as its file says, and in RGB, as files are), or an array or
        tensor; or several: a list or another iterable of them, or a batch with
        four axes.
    top_k: labels for each picture, at most.
    image_processor: instead of the model's own.

    Returns for one picture a list of {"label", "score"}, best first; for
    several a list of such lists, one for each.  The score is the softmax of
    logits, or their sigmoid for one label or problem_type
    multi_label_classification.
    Raises ValueError for a picture that cannot be read, with its path or place
    among all, or if nothing says how pictures become pixel_values."""
    top_k = whole_number("top_k", top_k, 1)
    model = _as_classifier(model)
    processor = image_processor or model.image_processor
    if processor is None:
        raise ValueError(
            "the model has no preprocessor_config.json that says how pictures "
            "become pixel_values; give an image_processor"
        )
    if image_inputs.is_single(images):
        return _classify_batch(model, processor, [images], top_k)[0]
    is_batch = getattr(images, "ndim", None) is not None
    flat = image_inputs.flat_list(images if is_batch else list(images))
    results: list[list[dict[str, Any]]] = []
    for first in range(0, len(flat), BATCH):
        part = image_inputs.Part(flat, first, BATCH)
        results += _classify_batch(model, processor, part, top_k)
    return results


def _as_classifier(model: Union[Classifier, str, os.PathLike]) -> Classifier:
    if isinstance(model, (str, os.PathLike)):
        opened: CvtPreTrainedModel = (
            load(model)
            if pathlib.Path(model).is_file()
            else CvtForImageClassification.from_pretrained(model)
        )
    else:
        opened = model
    if not isinstance(opened, Classifier):
        kind = type(opened)
        raise TypeError(
            f"model is of type {kind.__module__}.{kind.__qualname__}, expected a "
            "classifier of cvtc, such as CvtForImageClassification, or where one is"
        )
    return opened


def _classify_batch(
    model: Classifier,
    processor: ConvNextImageProcessor,
    images: list[Any],
    top_k: int,
) -> list[list[dict[str, Any]]]:
    # In place: a Part knows which of all images these are.
    images[:] = map(image_inputs.upright_rgb, images)
    pixels = processor(images, return_tensors="np")["pixel_values"]
    logits = model._run(pixels, hidden_states=False).get("logits")
    config = model.config
    return [_best(scores, config, top_k) for scores in _scores(logits, config)]


def _scores(logits: np.ndarray, config: CvtConfig) -> np.ndarray:
    """(batch, labels) between 0 and 1."""
    logits = logits.astype(np.float64)
    multi_label = config.problem_type == "multi_label_classification"
    if multi_label or logits.shape[1] == 1:
        return 1 / (1 + np.exp(-logits))
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def _best(scores: np.ndarray, config: CvtConfig, top_k: int) -> list[dict[str, Any]]:
    order = np.argsort(-scores, kind="stable")[:top_k]
    return [
        {
            "label": _label(config, int(index)),
            "score": float(scores[index]),
        }
        for index in order
    ]


def _label(config: CvtConfig, index: int) -> str:
    try:
        return config.id2label[index]
    except KeyError:
        raise ValueError(
            f"config.id2label has no label for the index {index}, expected one for "
            "each of the model's classes"
        ) from None
