"""What an image processor returns."""

from __future__ import annotations

import collections
from typing import Any, Dict, Mapping, Optional

import numpy as np

from . import tensors

_KINDS: Dict[str, tensors.Kind] = {
    "np": "numpy",
    "pt": "torch",
    "tf": "tensorflow",
}


class BatchFeature(collections.UserDict):
    """A dictionary whose values are attributes too, such as `pixel_values`; a
    model takes it as `model(**inputs)`."""

    def __init__(
        self,
        data: Optional[Mapping[str, Any]] = None,
        tensor_type: Optional[str] = None,
    ):
        """data: names and values.  tensor_type: as in convert_to_tensors."""
        super().__init__(data)
        self.convert_to_tensors(tensor_type)

    def __getattr__(self, name: str) -> Any:
        # A copy that is being made has no data yet.
        if name != "data" and name in self.data:
            return self.data[name]
        raise AttributeError(f"{type(self).__name__} has no {name!r}")

    def convert_to_tensors(self, tensor_type: Optional[str] = None) -> BatchFeature:
        """Makes one tensor of each value that is a list of arrays of one shape,
        with the batch as the first axis; returns itself.

        tensor_type: "np" for numpy arrays, "pt" for torch tensors, "tf" for
            TensorFlow's, None to change nothing.

        Raises ValueError where shapes differ, ImportError where the library is
        not installed."""
        if tensor_type is None:
            return self
        # Members of transformers' TensorType are good as well.
        kind = _KINDS.get(getattr(tensor_type, "value", tensor_type))
        if kind is None:
            raise ValueError(
                f"return_tensors is {tensor_type!r}, expected None, "
                + ", ".join(f'"{name}"' for name in _KINDS)
            )
        for key, value in self.data.items():
            if tensors.kind_of(value) != kind or isinstance(value, (list, tuple)):
                self.data[key] = tensors.from_numpy(_stacked(key, value), kind)
        return self

    def to(self, *args: Any, **kwargs: Any) -> BatchFeature:
        """Moves torch tensors to a device, and those of floats to a type, as
        torch.Tensor.to does with the same arguments; returns itself."""
        import torch

        device = kwargs.get("device")
        if device is None and args and not isinstance(args[0], torch.dtype):
            device = args[0]
            if not isinstance(device, (str, int, torch.device)):
                raise ValueError(
                    f"to() was given {device!r}, expected a device or a torch.dtype"
                )
        non_blocking = kwargs.get("non_blocking", False)
        for key, value in self.data.items():
            if not isinstance(value, torch.Tensor):
                continue
            if value.is_floating_point():
                self.data[key] = value.to(*args, **kwargs)
            elif device is not None:
                self.data[key] = value.to(device=device, non_blocking=non_blocking)
        return self


def _stacked(key: str, value: Any) -> np.ndarray:
    if not isinstance(value, (list, tuple)):
        return tensors.as_array(value, key)
    shapes = {np.shape(item) for item in value}
    if len(shapes) > 1:
        first, second = sorted(shapes)[:2]
        raise ValueError(
            f"{key} has images of shapes {first} and {second}, expected one shape "
            "for a tensor; without return_tensors they are a list"
        )
    return np.array(value)
