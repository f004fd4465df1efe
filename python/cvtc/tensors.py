"""Tensors of any library to numpy and back, without a copy where possible.

No library is imported for its tensors: what the user has not imported, the
user has no tensors of.
"""

from __future__ import annotations

import sys
from typing import Any, Literal

import numpy as np

Kind = Literal["numpy", "torch", "tensorflow"]

# Of DLPack: memory that this process can read.
_DLPACK_CPU = 1


def kind_of(tensor: Any) -> Kind:
    """The library that `tensor` belongs to: "torch", "tensorflow" or, for
    everything else, "numpy"."""
    if isinstance(tensor, np.ndarray):
        return "numpy"
    if _is_torch(tensor):
        return "torch"
    if _is_tensorflow(tensor):
        return "tensorflow"
    return "numpy"


def to_numpy(tensor: Any, name: str = "pixel_values") -> np.ndarray:
    """A float32 array in C order with the values of `tensor`.

    It shares memory with a float32 tensor in C order, and may be read-only;
    everything else is copied.

    Arguments:
      tensor: a float array or tensor of numpy, torch or TensorFlow, or of any
        library with DLPack, the buffer protocol or __array__.
      name: what stands for the tensor in errors.

    Raises TypeError for what is no tensor or not of floats, and ValueError for
    tensors that are not dense, not on the CPU, or symbolic.
    """
    array = as_array(tensor, name)
    if array.dtype.kind != "f":
        raise TypeError(f"{name}: found type {array.dtype}, expected float32")
    return np.require(np.asarray(array), np.float32, ("C_CONTIGUOUS", "ALIGNED"))


def labels_to_numpy(tensor: Any) -> np.ndarray:
    """An array with the values of `tensor`, of the same type (bfloat16 as
    float32), that may be read-only.  Arguments and errors as to_numpy's, except
    that integers and booleans are good as well, and lists of numbers."""
    if isinstance(tensor, (list, tuple)):
        array = _list_to_array(tensor)
    else:
        array = as_array(tensor, "labels")
    if array.dtype.kind not in "biuf":
        raise TypeError(f"labels: found type {array.dtype}, expected numbers")
    return array


def _list_to_array(labels: Any) -> np.ndarray:
    try:
        return np.asarray(labels)
    except ValueError:
        raise ValueError(
            "labels: found lists of several lengths, expected the same for each picture"
        ) from None


def is_float32(dtype: Any) -> bool:
    """Whether `dtype` is float32, as a string or a type of any library."""
    for attribute in ("name", "__name__"):
        dtype = getattr(dtype, attribute, dtype)
    return str(dtype) in ("float32", "torch.float32")


def from_numpy(array: np.ndarray, kind: Kind) -> Any:
    """`array` as a tensor of a library, which is imported if needed.

    A torch tensor shares its memory.  Raises ImportError where the library is
    not installed.
    """
    if kind == "torch":
        import torch

        return torch.from_numpy(array)
    if kind == "tensorflow":
        import tensorflow

        return tensorflow.convert_to_tensor(array)
    return array


def _is_torch(tensor: Any) -> bool:
    # While it is being imported it may have no Tensor yet.
    tensor_type = getattr(sys.modules.get("torch"), "Tensor", None)
    return tensor_type is not None and isinstance(tensor, tensor_type)


def _is_tensorflow(tensor: Any) -> bool:
    tensorflow = sys.modules.get("tensorflow")
    tensor_type = getattr(tensorflow, "Tensor", None)
    variable_type = getattr(tensorflow, "Variable", None)
    if tensor_type is None or variable_type is None:
        return False
    return isinstance(tensor, (tensor_type, variable_type))


def as_array(tensor: Any, name: str) -> np.ndarray:
    """`tensor` as an array of any type and order; floats that numpy has not,
    such as bfloat16, as float32."""
    if isinstance(tensor, np.ndarray):
        array = tensor
    elif _is_torch(tensor):
        return _torch_to_array(tensor, name)
    elif _is_tensorflow(tensor):
        array = _tensorflow_to_array(tensor, name)
    else:
        array = _any_to_array(tensor, name)
    # As TensorFlow and JAX give it, and numpy does not know that it is a float.
    return array.astype(np.float32) if array.dtype.name == "bfloat16" else array


def _torch_to_array(tensor: Any, name: str) -> np.ndarray:
    torch = sys.modules["torch"]
    if tensor.layout is not torch.strided:
        raise ValueError(f"{name}: found {tensor.layout}, expected a dense tensor")
    if tensor.device.type != "cpu":
        raise ValueError(
            f"{name}: found a tensor on {tensor.device}, expected one on the CPU; "
            ".cpu() moves it"
        )
    # Views may hold a sign or a conjugation that memory has not.
    tensor = tensor.detach().resolve_conj().resolve_neg()
    if tensor.is_floating_point() and tensor.dtype not in (
        torch.float32,
        torch.float64,
        torch.float16,
    ):
        tensor = tensor.float()
    return tensor.numpy()


def _tensorflow_to_array(tensor: Any, name: str) -> np.ndarray:
    if isinstance(tensor, sys.modules["tensorflow"].Variable):
        tensor = tensor.value()
    # Only tensors with values have it.
    if not hasattr(tensor, "numpy"):
        raise _symbolic(name)
    return np.asarray(tensor)


def _symbolic(name: str) -> ValueError:
    return ValueError(
        f"{name}: found a symbolic tensor, expected one with values; cvtc does not "
        "run in tf.function or as a part of a Keras model"
    )


def _any_to_array(tensor: Any, name: str) -> np.ndarray:
    if type(tensor).__name__ == "KerasTensor":
        raise _symbolic(name)
    if hasattr(tensor, "__dlpack_device__"):
        device, _ = tensor.__dlpack_device__()
        if device != _DLPACK_CPU:
            raise ValueError(
                f"{name}: found a tensor on DLPack device {int(device)}, expected "
                "one on the CPU"
            )
        try:
            return np.from_dlpack(tensor)
        except (BufferError, RuntimeError) as error:
            raise TypeError(f"{name}: {error}") from None
    if hasattr(tensor, "__array__") or _has_buffer(tensor):
        return np.asarray(tensor)
    raise TypeError(f"{name}: found {type(tensor).__name__}, expected a tensor")


def _has_buffer(value: Any) -> bool:
    try:
        memoryview(value).release()
    except TypeError:
        return False
    return True
