"""TFCvtModel and TFCvtForImageClassification, called as TensorFlow's are."""

from __future__ import annotations

import collections.abc
from typing import Any, Optional, Union

from . import losses
from .conventions import TensorFlowConventions, calling
from .modeling_cvt import BareModel, Classifier
from .outputs import (
    TFBaseModelOutputWithCLSToken,
    TFImageClassifierOutputWithNoAttention,
)


def _unpack(inputs: Any, names: tuple[str, ...], given: dict[str, Any]) -> dict[str, Any]:
    """Arguments from what TensorFlow's models take: keywords, or all of them in
    the first: a dict by name, or a list or tuple in the order of `names`.
    What a keyword gives counts before what the first argument gives."""
    if isinstance(inputs, collections.abc.Mapping):
        unknown = [key for key in inputs if key not in names]
        if unknown:
            raise ValueError(
                f"the inputs have the key {unknown[0]!r}, expected "
                f"{', '.join(names)}"
            )
        values = dict(inputs)
    elif isinstance(inputs, (list, tuple)):
        if len(inputs) > len(names):
            raise ValueError(
                f"{len(inputs)} inputs are given, expected at most {len(names)}: "
                f"{', '.join(names)}"
            )
        values = dict(zip(names, inputs))
    else:
        values = {names[0]: inputs}
    values.update((key, value) for key, value in given.items() if value is not None)
    if values.pop("training", False):
        raise NotImplementedError(
            "training=True: training is not supported: cvtc runs models"
        )
    return values


class TFCvtModel(TensorFlowConventions, BareModel):
    """The bare CvT encoder, called as TensorFlow's.

    config: the architecture, to make a model with random weights;
        `from_pretrained` loads one with trained weights."""

    def call(
        self,
        pixel_values: Any = None,
        output_hidden_states: Optional[bool] = None,
        return_dict: Optional[bool] = None,
        training: Optional[bool] = False,
    ) -> Union[TFBaseModelOutputWithCLSToken, tuple]:
        """Runs the model.

        pixel_values: (batch, channels, height, width), floating point: a
            TensorFlow or torch tensor or a numpy array; results are of the same
            kind, in float32.  Or all arguments: a dict by name, or a list or
            tuple in their order.
        output_hidden_states: whether to return the map of each stage; by
            default config.output_hidden_states.
        return_dict: whether to return an object rather than a tuple; by default
            config.use_return_dict.
        training: True raises NotImplementedError.

        Returns last_hidden_state (batch, channels, height, width),
        cls_token_value (batch, 1, channels) or None, and hidden_states, a tuple
        of (batch, channels, height, width), or None.  Raises ValueError or
        TypeError for inputs that the model does not take."""
        values = _unpack(
            pixel_values,
            ("pixel_values", "output_hidden_states", "return_dict", "training"),
            {
                "output_hidden_states": output_hidden_states,
                "return_dict": return_dict,
                "training": training or None,
            },
        )
        return self._encode(
            values.get("pixel_values"),
            values.get("output_hidden_states"),
            values.get("return_dict"),
            TFBaseModelOutputWithCLSToken,
        )

    __call__ = calling(call)


class TFCvtForImageClassification(TensorFlowConventions, Classifier):
    """A CvT image classifier, called as TensorFlow's.

    config: the architecture, to make a model with random weights;
        `from_pretrained` loads one with trained weights."""

    def call(
        self,
        pixel_values: Any = None,
        labels: Any = None,
        output_hidden_states: Optional[bool] = None,
        return_dict: Optional[bool] = None,
        training: Optional[bool] = False,
    ) -> Union[TFImageClassifierOutputWithNoAttention, tuple]:
        """Runs the model.

        pixel_values: (batch, channels, height, width), floating point: a
            TensorFlow or torch tensor or a numpy array; results are of the same
            kind, in float32.  Or all arguments: a dict by name, or a list or
            tuple in their order.
        labels: (batch,) class indices: also compute the loss of each sample,
            cross-entropy, or the squared error if there is one label.
        output_hidden_states: whether to return the map of each stage; by
            default config.output_hidden_states.
        return_dict: whether to return an object rather than a tuple; by default
            config.use_return_dict.
        training: True raises NotImplementedError.

        Returns loss (batch,), or None; logits (batch, num_labels), before
        softmax; and hidden_states, a tuple of (batch, channels, height, width),
        or None.  Raises ValueError or TypeError for inputs that the model does
        not take."""
        values = _unpack(
            pixel_values,
            (
                "pixel_values",
                "labels",
                "output_hidden_states",
                "return_dict",
                "training",
            ),
            {
                "labels": labels,
                "output_hidden_states": output_hidden_states,
                "return_dict": return_dict,
                "training": training or None,
            },
        )
        return self._classify(
            values.get("pixel_values"),
            values.get("labels"),
            values.get("output_hidden_states"),
            values.get("return_dict"),
            TFImageClassifierOutputWithNoAttention,
            losses.tensorflow_loss,
        )

    __call__ = calling(call)
