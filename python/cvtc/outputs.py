"""What the models return: Hugging Face's ModelOutput and its kinds for CvT."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, fields
from typing import Any, List, NoReturn, Optional, Tuple, Union


class ModelOutput(OrderedDict[str, Any]):
    """Named tensors, by attribute, by key and by place.

    Each kind of output is a dataclass of this type.  Fields that are None are
    attributes, but neither keys nor entries: output[0] is the first field that
    is not None.  Iterating gives the keys, to_tuple() the values.

    Fields can be set, not removed: del, pop, update and setdefault raise
    TypeError.
    """

    def __post_init__(self) -> None:
        names = _field_names(self)
        first = getattr(self, names[0])
        alone = all(getattr(self, name) is None for name in names[1:])
        pairs = _as_pairs(first) if alone else None
        if pairs is None:
            pairs = [(name, getattr(self, name)) for name in names]
        else:
            object.__setattr__(self, names[0], None)
        for name, value in pairs:
            if value is not None:
                self[name] = value

    def __getitem__(self, key: Union[str, int, slice]) -> Any:
        if isinstance(key, str):
            return super().__getitem__(key)
        return self.to_tuple()[key]

    def __setitem__(self, key: str, value: Any) -> None:
        super().__setitem__(key, value)
        object.__setattr__(self, key, value)

    def __setattr__(self, name: str, value: Any) -> None:
        if value is not None and name in self:
            super().__setitem__(name, value)
        object.__setattr__(self, name, value)

    def __delitem__(self, key: str) -> NoReturn:
        self._refuse("del")

    def pop(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Raises TypeError."""
        self._refuse("pop")

    def update(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Raises TypeError."""
        self._refuse("update")

    def setdefault(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Raises TypeError."""
        self._refuse("setdefault")

    def _refuse(self, operation: str) -> NoReturn:
        raise TypeError(f"{operation} is not possible on {type(self).__name__}")

    def __reduce__(self) -> Tuple[Any, ...]:
        return type(self), tuple(getattr(self, name) for name in _field_names(self))

    def to_tuple(self) -> Tuple[Any, ...]:
        """The values of all fields that are not None, in order."""
        return tuple(self.values())


def _field_names(output: ModelOutput) -> List[str]:
    """Every kind of output is a dataclass, though ModelOutput is not."""
    return [field.name for field in fields(output)]  # type: ignore[arg-type]


def _as_pairs(first: Any) -> Optional[List[Tuple[str, Any]]]:
    """The names and values that a first field stands for where it is given
    alone and is a dictionary or a list of pairs; nothing for any other."""
    if isinstance(first, dict):
        return list(first.items())
    if not isinstance(first, (list, tuple)) or not first:
        return None
    if all(
        isinstance(pair, (list, tuple)) and len(pair) == 2 and isinstance(pair[0], str)
        for pair in first
    ):
        return [(name, value) for name, value in first]
    return None


@dataclass
class BaseModelOutputWithCLSToken(ModelOutput):
    """What CvtModel returns: float32 tensors of the kind that it was given.

    last_hidden_state: the last stage's map, (batch, channels, height, width).
    cls_token_value: the class token, (batch, 1, channels); None for models
      whose last stage has none.
    hidden_states: a tuple of each stage's map, as last_hidden_state; None
      unless output_hidden_states was set.
    """

    last_hidden_state: Optional[Any] = None
    cls_token_value: Optional[Any] = None
    hidden_states: Optional[Tuple[Any, ...]] = None


@dataclass
class ImageClassifierOutputWithNoAttention(ModelOutput):
    """What CvtForImageClassification returns: float32 tensors of the kind that
    it was given.

    loss: one number, a tensor of shape (); None unless labels were given.
    logits: a score for each class, before softmax, (batch, config.num_labels).
    hidden_states: a tuple of each stage's map, (batch, channels, height,
      width); None unless output_hidden_states was set.
    """

    loss: Optional[Any] = None
    logits: Optional[Any] = None
    hidden_states: Optional[Tuple[Any, ...]] = None


@dataclass
class TFBaseModelOutputWithCLSToken(BaseModelOutputWithCLSToken):
    """What TFCvtModel returns: the fields of BaseModelOutputWithCLSToken."""


@dataclass
class TFImageClassifierOutputWithNoAttention(ImageClassifierOutputWithNoAttention):
    """What TFCvtForImageClassification returns: the fields of
    ImageClassifierOutputWithNoAttention, except for loss, which has one number
    for each picture, (batch,)."""
