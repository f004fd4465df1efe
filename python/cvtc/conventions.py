"""What code written for a framework's models calls beside forward or call."""

from __future__ import annotations

import functools
import itertools
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Callable, Optional, TypeVar, cast

import numpy as np

from .configuration import CvtConfig
from .tensors import is_float32, kind_of, to_numpy

_Method = TypeVar("_Method", bound=Callable[..., Any])


def calling(method: _Method) -> _Method:
    """A method that is described like `method` and calls it, or what a subclass
    has in its place."""

    @functools.wraps(method)
    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        return getattr(self, method.__name__)(*args, **kwargs)

    return cast(_Method, call)


class TorchConventions:
    """What code written for PyTorch's modules calls beside forward."""

    @property
    def device(self) -> Any:
        """The CPU, whatever the tensors come from: a torch.device if torch is
        imported, else "cpu"."""
        torch = sys.modules.get("torch")
        return "cpu" if torch is None else torch.device("cpu")

    @property
    def dtype(self) -> Any:
        """float32, which inputs and results are of: torch's type if torch is
        imported, else numpy's."""
        torch = sys.modules.get("torch")
        return np.dtype(np.float32) if torch is None else torch.float32

    def eval(self):
        """Does nothing: the model is always in evaluation mode."""
        return self

    def train(self, mode: bool = True):
        """Raises NotImplementedError unless mode is False."""
        if mode:
            raise NotImplementedError("training is not supported: cvtc runs models")
        return self

    def requires_grad_(self, requires_grad: bool = True):
        """Raises NotImplementedError unless requires_grad is False."""
        if requires_grad:
            raise NotImplementedError("gradients are not supported: cvtc runs models")
        return self

    def cpu(self):
        """Does nothing: the model is on the CPU."""
        return self

    def float(self):
        """Does nothing: inputs and results are float32."""
        return self

    def to(
        self,
        *args: Any,
        device: Any = None,
        dtype: Any = None,
        non_blocking: bool = False,
        memory_format: Any = None,
    ):
        """Returns the model; raises ValueError for another device than the CPU
        or another type than float32.

        args: a device, a type, both, or a tensor that has them, and
            non_blocking.
        non_blocking, memory_format: without effect."""
        for value in (*args, device, dtype):
            if value is None or isinstance(value, bool):
                continue
            is_tensor = kind_of(value) == "torch"
            for one in (value.device, value.dtype) if is_tensor else (value,):
                _check_place(one)
        return self


class TensorFlowConventions:
    """How TensorFlow's models are made, and Keras's way to run them."""

    def __init__(self, config: CvtConfig, *inputs: Any, **kwargs: Any):
        """A model with random weights, as Hugging Face initialises them; they
        are drawn from Python's module `random`.

        inputs, kwargs: what transformers hands to Keras, of which only `name` is
            taken, without effect.

        Raises ValueError for a config that no model can have, TypeError for
        other arguments."""
        kwargs.pop("name", None)
        if inputs or kwargs:
            found = [*map(repr, inputs), *kwargs]
            raise TypeError(
                f"{type(self).__name__}() got the unexpected argument {found[0]}; it "
                "takes a config and a name"
            )
        super().__init__(config)

    def predict(
        self,
        x: Any,
        batch_size: Optional[int] = None,
        verbose: Any = "auto",
        steps: Optional[int] = None,
    ) -> Any:
        """What a call returns, as numpy arrays, for all batches at once.

        x: what a call takes; or an iterable of such batches, for example a
            tf.data.Dataset, where of a list or tuple the first entry counts: what
            stands behind it, such as labels, does not.
        batch_size, verbose: without effect: nothing is printed, and `compile`
            says how many pictures run at a time.
        steps: how many batches to take of an iterable; by default all.

        Raises errors as a call does, and ValueError if there are no batches."""
        outputs = [self(batch) for batch in _batches(x, steps)]
        if not outputs:
            raise ValueError("x: found no batches, expected at least one")
        return _joined_outputs(outputs)

    def predict_on_batch(self, x: Any) -> Any:
        """What a call returns for x, which is what it takes, as numpy arrays."""
        return _joined_outputs([self(x)])


def _batches(x: Any, steps: Optional[int]) -> Iterable[Any]:
    is_batch = isinstance(x, (Mapping, list, tuple)) or hasattr(x, "shape")
    if is_batch or not isinstance(x, Iterable):
        return [x]
    return (
        batch[0] if isinstance(batch, (list, tuple)) else batch
        for batch in itertools.islice(x, steps)
    )


def _joined_outputs(outputs: Sequence[Any]) -> Any:
    """One output, or tuple, of numpy arrays with the values of all."""
    kind = type(outputs[0])
    if kind is tuple:
        return _joined(outputs)
    return kind(**{name: _joined([o[name] for o in outputs]) for name in outputs[0]})


def _joined(parts: Sequence[Any]) -> Any:
    """Tensors, or tuples of them, one behind the other as numpy arrays."""
    if isinstance(parts[0], tuple):
        return tuple(_joined(column) for column in zip(*parts))
    return np.concatenate([to_numpy(part) for part in parts])


def _check_place(value: Any) -> None:
    """Of a model: a device or a type."""
    if str(value).split(":")[0] == "cpu" or is_float32(value):
        return
    if str(value).startswith("torch.") or isinstance(value, np.dtype):
        raise ValueError(
            f"dtype is {value}, expected float32: from_pretrained's precision says "
            "what is computed in"
        )
    raise ValueError(f"device is {value}, expected cpu: cvtc runs on CPUs")
