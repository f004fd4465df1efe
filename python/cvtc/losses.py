"""The losses of Hugging Face's image classifiers, in numpy.

All are computed in float64 and returned as float32.  Infinite logits give what
the frameworks give: infinity or NaN, without a warning.
"""

from __future__ import annotations

import warnings

import numpy as np

from .configuration import PROBLEM_TYPES, CvtConfig

_IGNORED_LABEL = -100


def pytorch_loss(
    logits: np.ndarray, labels: np.ndarray, config: CvtConfig
) -> np.ndarray:
    """The loss of transformers' CvtForImageClassification.

    Arguments:
      logits: float, (batch, config.num_labels).
      labels: by config.problem_type:
        "regression": numbers, (batch,) for one class, else as logits; the mean
          square error.
        "single_label_classification": int64 indices of classes, (batch,), with
          -100 for pictures that do not count; the mean cross-entropy.
        "multi_label_classification": floats from 0 to 1, as logits; the mean
          binary cross-entropy.
      config: where its problem_type is None it is set, as transformers does:
        regression for one class, single_label_classification for labels of
        int32 or int64, else multi_label_classification.

    Returns one number, shape (); NaN where no label counts.  Raises ValueError
    where torch raises: for labels of another shape, type or range.
    """
    if config.problem_type is None:
        config.problem_type = _problem_type(config.num_labels, labels.dtype)
    if config.problem_type not in PROBLEM_TYPES:
        raise ValueError(
            f"problem_type: found {config.problem_type!r}, expected one of "
            + ", ".join(map(repr, PROBLEM_TYPES))
        )
    with np.errstate(all="ignore"):
        if config.problem_type == "regression":
            loss = _mean_square_error(logits, labels, config.num_labels)
        elif config.problem_type == "single_label_classification":
            loss = _mean_cross_entropy(logits, labels, config.num_labels)
        else:
            loss = _mean_binary_cross_entropy(logits, labels)
        return np.asarray(loss, np.float32)


def tensorflow_loss(
    logits: np.ndarray, labels: np.ndarray, config: CvtConfig
) -> np.ndarray:
    """The loss of transformers' TFCvtForImageClassification.

    Arguments:
      logits: float, (batch, classes).
      labels: for one class numbers, (batch,) or (batch, n) with a mean over n;
        for more, indices of classes, one for each picture, whose fraction is
        cut off.
      config: not used, since here the shape of logits alone counts; there so
        that both losses are called alike.

    Returns one number for each picture, (batch,): its square error or its
    cross-entropy.  Raises ValueError where TensorFlow raises: for labels of
    another shape or range.
    """
    _check_numbers(labels)
    with np.errstate(all="ignore"):
        if logits.shape[1] == 1:
            loss = _square_errors(logits, labels)
        else:
            loss = _tensorflow_cross_entropies(logits, labels)
        return loss.astype(np.float32)


def _problem_type(num_labels: int, label_type: np.dtype) -> str:
    if num_labels == 1:
        return "regression"
    if num_labels > 1 and label_type in (np.int32, np.int64):
        return "single_label_classification"
    return "multi_label_classification"


def _mean(values: np.ndarray) -> np.ndarray:
    """NaN for no values."""
    return np.divide(values.sum(), values.size)


def _check_numbers(labels: np.ndarray) -> None:
    if labels.dtype.kind not in "biuf":
        raise ValueError(f"labels: found type {labels.dtype}, expected numbers")


def _mean_square_error(
    logits: np.ndarray, labels: np.ndarray, num_labels: int
) -> np.ndarray:
    _check_numbers(labels)
    if num_labels == 1:
        logits, labels = logits.squeeze(), labels.squeeze()
    differences = _difference(logits, labels)
    if labels.shape != logits.shape:
        warnings.warn(
            f"labels: found shape {labels.shape}, expected {logits.shape}, as "
            "logits; each is repeated to fit the other, as torch does",
            stacklevel=3,
        )
    return _mean(np.square(differences))


def _difference(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    try:
        return np.subtract(logits, labels, dtype=np.float64)
    except ValueError:
        raise ValueError(
            f"labels: found shape {labels.shape}, expected {logits.shape}, as logits"
        ) from None


def _mean_cross_entropy(
    logits: np.ndarray, labels: np.ndarray, num_labels: int
) -> np.ndarray:
    if num_labels == 0 or logits.size % num_labels:
        raise ValueError(
            f"logits: found shape {logits.shape}, expected (batch, {num_labels}), as "
            f"config.num_labels is {num_labels}"
        )
    if labels.dtype not in (np.int64, np.uint8):
        raise ValueError(
            f"labels: found type {labels.dtype}, expected int64, as "
            "config.problem_type is 'single_label_classification'"
        )
    logits = logits.reshape(-1, num_labels)
    labels = labels.reshape(-1)
    _check_count(labels, logits)
    counted = labels != _IGNORED_LABEL
    logits, labels = logits[counted], labels[counted]
    _check_range(labels, num_labels)
    return _mean(_cross_entropies(logits, labels))


def _check_count(labels: np.ndarray, logits: np.ndarray) -> None:
    if labels.size != len(logits):
        raise ValueError(
            f"labels: found {labels.size}, expected {len(logits)}, one for each picture"
        )


def _check_range(labels: np.ndarray, classes: int) -> None:
    outside = (labels < 0) | (labels >= classes)
    if outside.any():
        raise ValueError(
            f"labels: found {labels[outside][0]}, expected indices of classes, "
            f"from 0 to {classes - 1}"
        )


def _cross_entropies(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """For each row of logits, (n, classes); labels are legal indices, (n,)."""
    scores = logits.astype(np.float64)
    scores -= scores.max(axis=1, keepdims=True)
    chosen = np.take_along_axis(scores, labels[:, None].astype(np.intp), axis=1)
    return np.log(np.exp(scores).sum(axis=1)) - chosen[:, 0]


def _mean_binary_cross_entropy(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    if labels.dtype.kind != "f":
        raise ValueError(
            f"labels: found type {labels.dtype}, expected float, as "
            "config.problem_type is 'multi_label_classification'"
        )
    if labels.shape != logits.shape:
        raise ValueError(
            f"labels: found shape {labels.shape}, expected {logits.shape}, as logits"
        )
    scores = logits.astype(np.float64)
    return _mean((1 - labels.astype(np.float64)) * scores + np.logaddexp(0, -scores))


def _square_errors(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """`logits` is (batch, 1)."""
    if labels.ndim == 1:
        labels = labels[:, None]
    elif labels.ndim == 3 and labels.shape[-1] == 1:
        labels = labels[..., 0]
    squares = np.square(_difference(logits, labels))
    return squares.sum(axis=-1) / squares.shape[-1]


def _tensorflow_cross_entropies(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    classes = logits.shape[1]
    if classes == 0:
        raise ValueError(
            f"logits: found shape {logits.shape}, expected at least one class"
        )
    labels = labels.reshape(-1)
    _check_count(labels, logits)
    # Not after the cast, which has no value for NaN.
    _check_range(np.where(np.isnan(labels), -1, np.trunc(labels)), classes)
    return _cross_entropies(logits, labels.astype(np.int64))
