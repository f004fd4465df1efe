"""CvtModel and CvtForImageClassification, called as PyTorch's are."""

from __future__ import annotations

from typing import Any, Callable, Optional, TypeVar, Union

import numpy as np

from . import losses, tensors
from .configuration import CvtConfig
from .conventions import TorchConventions, calling
from .outputs import (
    BaseModelOutputWithCLSToken,
    ImageClassifierOutputWithNoAttention,
    ModelOutput,
)
from .pretrained import CvtPreTrainedModel, in_kind_of

_Output = TypeVar("_Output", bound=ModelOutput)


class BareModel(CvtPreTrainedModel):
    """The encoder alone, in any framework's conventions."""

    architecture = "CvtModel"

    @classmethod
    def _output_names(cls, config: CvtConfig) -> tuple[str, ...]:
        has_token = config.cls_token[len(config.embed_dim) - 1]
        token = ("cls_token_value",) if has_token else ()
        return ("last_hidden_state", *token)

    def _encode(
        self,
        pixel_values: Any,
        output_hidden_states: Optional[bool],
        return_dict: Optional[bool],
        output_class: type[_Output],
    ) -> Union[_Output, tuple]:
        hidden = self._wants_hidden(output_hidden_states)
        results = self._run(pixel_values, hidden)
        values = output_class(
            last_hidden_state=in_kind_of(
                pixel_values, results.get("last_hidden_state")
            ),
            cls_token_value=in_kind_of(pixel_values, results.get("cls_token_value")),
            hidden_states=(
                in_kind_of(pixel_values, results.hidden_states()) if hidden else None
            ),
        )
        return values if self._wants_dict(return_dict) else values.to_tuple()


class Classifier(CvtPreTrainedModel):
    """The encoder and a classifier, in any framework's conventions."""

    architecture = "CvtForImageClassification"

    @classmethod
    def _output_names(cls, config: CvtConfig) -> tuple[str, ...]:
        return ("logits",)

    def _classify(
        self,
        pixel_values: Any,
        labels: Any,
        output_hidden_states: Optional[bool],
        return_dict: Optional[bool],
        output_class: type[_Output],
        loss_function: Callable[[np.ndarray, np.ndarray, CvtConfig], np.ndarray],
    ) -> Union[_Output, tuple]:
        hidden = self._wants_hidden(output_hidden_states)
        results = self._run(pixel_values, hidden)
        logits = results.get("logits")
        loss = None
        if labels is not None:
            loss = loss_function(logits, tensors.labels_to_numpy(labels), self.config)
        values = output_class(
            loss=in_kind_of(pixel_values, loss),
            logits=in_kind_of(pixel_values, logits),
            hidden_states=(
                in_kind_of(pixel_values, results.hidden_states()) if hidden else None
            ),
        )
        return values if self._wants_dict(return_dict) else values.to_tuple()


class CvtModel(TorchConventions, BareModel):
    """The bare CvT encoder.

    config: the architecture, to make a model with random weights;
        `from_pretrained` loads one with trained weights.
    add_pooling_layer: without effect, as in transformers."""

    _unused_arguments = ("add_pooling_layer",)

    def __init__(self, config: CvtConfig, add_pooling_layer: bool = True):
        super().__init__(config)

    def forward(
        self,
        pixel_values: Any = None,
        output_hidden_states: Optional[bool] = None,
        return_dict: Optional[bool] = None,
    ) -> Union[BaseModelOutputWithCLSToken, tuple]:
        """Runs the model.

        pixel_values: (batch, channels, height, width), floating point: a torch
            or TensorFlow tensor or a numpy array; results are of the same kind,
            in float32.
        output_hidden_states: whether to return the map of each stage; by
            default config.output_hidden_states.
        return_dict: whether to return an object rather than a tuple; by default
            config.use_return_dict.

        Returns last_hidden_state (batch, channels, height, width),
        cls_token_value (batch, 1, channels) or None, and hidden_states, a tuple
        of (batch, channels, height, width), or None.  Raises ValueError or
        TypeError for inputs that the model does not take."""
        return self._encode(
            pixel_values, output_hidden_states, return_dict, BaseModelOutputWithCLSToken
        )

    __call__ = calling(forward)


class CvtForImageClassification(TorchConventions, Classifier):
    """A CvT image classifier.

    config: the architecture, to make a model with random weights;
        `from_pretrained` loads one with trained weights."""

    def forward(
        self,
        pixel_values: Any = None,
        labels: Any = None,
        output_hidden_states: Optional[bool] = None,
        return_dict: Optional[bool] = None,
    ) -> Union[ImageClassifierOutputWithNoAttention, tuple]:
        """Runs the model.

        pixel_values: (batch, channels, height, width), floating point: a torch
            or TensorFlow tensor or a numpy array; results are of the same kind,
            in float32.
        labels: (batch,) class indices, or (batch, num_labels) floating-point
            targets: also compute the loss that config.problem_type names.
            Where it names none, it is set: "regression" for one label,
            "single_label_classification" for integer labels, else
            "multi_label_classification".
        output_hidden_states: whether to return the map of each stage; by
            default config.output_hidden_states.
        return_dict: whether to return an object rather than a tuple; by default
            config.use_return_dict.

        Returns loss, a scalar, or None; logits (batch, num_labels), before
        softmax; and hidden_states, a tuple of (batch, channels, height, width),
        or None.  Raises ValueError or TypeError for inputs that the model does
        not take."""
        return self._classify(
            pixel_values,
            labels,
            output_hidden_states,
            return_dict,
            ImageClassifierOutputWithNoAttention,
            losses.pytorch_loss,
        )

    __call__ = calling(forward)
