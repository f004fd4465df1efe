"""What users give as images: one after the other, as arrays."""

from __future__ import annotations

import collections.abc
import contextlib
import logging
import os
import sys
from typing import Any, Iterator, List, Optional, Tuple

import numpy as np

from . import _native, tensors

_logger = logging.getLogger(__name__)

CHANNELS_FIRST = "channels_first"
CHANNELS_LAST = "channels_last"


def layout_of(value: Any, name: str) -> Optional[str]:
    """CHANNELS_FIRST, CHANNELS_LAST or None, as an argument says it; members of
    transformers' ChannelDimension are good as well."""
    value = getattr(value, "value", value)
    if value in (CHANNELS_FIRST, CHANNELS_LAST, None):
        return value
    raise ValueError(
        f'{name} is {value!r}, expected "{CHANNELS_FIRST}", "{CHANNELS_LAST}" or None'
    )


class Part(List[Any]):
    """Single images out of more, with the numbers that errors give them."""

    def __init__(self, images: List[Any], first: int, size: int):
        """The images from index `first` on, `size` at most."""
        super().__init__(images[first : first + size])
        self.first = first
        self.of = len(images)


def is_single(images: Any) -> bool:
    """Whether it is one image, not several in a list, a batch or what else can
    be iterated over."""
    if isinstance(images, (str, bytes, bytearray, memoryview)):
        return True
    axes = getattr(images, "ndim", None)
    if axes is not None:
        return axes != 4
    return not isinstance(images, collections.abc.Iterable)


def flat_list(images: Any) -> List[Any]:
    """Single images: those of a list, of a list of lists, and of batches with
    four axes among them."""
    items = list(images) if isinstance(images, (list, tuple)) else [images]
    if all(isinstance(item, (list, tuple)) for item in items):
        items = [image for group in items for image in group]
    flat: List[Any] = []
    for item in items:
        flat.extend(item if getattr(item, "ndim", None) == 4 else [item])
    return flat


def flatten(images: Any) -> List[Tuple[str, Any]]:
    """Single images, each with a name for errors: a Part, or those of
    flat_list."""
    flat = images if isinstance(images, Part) else flat_list(images)
    if not flat:
        raise ValueError("images is empty, expected at least one image")
    first, of = (flat.first, flat.of) if isinstance(flat, Part) else (0, len(flat))
    return [
        (_name(image, number, of), image)
        for number, image in enumerate(flat, first + 1)
    ]


def _name(image: Any, number: int, count: int) -> str:
    if isinstance(image, (str, os.PathLike)):
        return os.fspath(image)
    return "the image" if count == 1 else f"image {number} of {count}"


@contextlib.contextmanager
def errors_about(name: str) -> Iterator[None]:
    """Puts the name of an image before the sentence of a ValueError."""
    try:
        yield
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None


def read(image: Any, name: str) -> Tuple[np.ndarray, Optional[str]]:
    """The array that an image is, and its layout where the kind of image tells.

    Files and bytes are decoded to upright RGB.  PIL images of three channels
    are taken as they are, others are converted to RGB.  Raises ValueError for
    what is no image or damaged, OSError for a file that cannot be read."""
    with errors_about(name):
        if isinstance(image, str) and image.startswith(("http://", "https://")):
            raise ValueError("nothing is downloaded, expected a file")
        if isinstance(image, (str, os.PathLike)):
            return _native.decode_image_file(image), CHANNELS_LAST
        if isinstance(image, (bytes, bytearray, memoryview)):
            return _native.decode_image(bytes(image)), CHANNELS_LAST
        if _is_pil(image):
            return _from_pil(image), CHANNELS_LAST
    try:
        return tensors.as_array(image, name), None
    except TypeError:
        raise ValueError(
            f"{name}: found {type(image).__name__}, expected a path, the bytes of a "
            "picture, a PIL image, or an array or tensor of numpy, PyTorch or "
            "TensorFlow"
        ) from None


def _is_pil(image: Any) -> bool:
    module = sys.modules.get("PIL.Image")
    return module is not None and isinstance(image, module.Image)


def upright_rgb(image: Any) -> Any:
    """A PIL image turned as its file says, in RGB; anything else, and what
    cannot be read, as it is."""
    if not _is_pil(image):
        return image
    from PIL import Image, ImageOps

    orientation = 0x0112
    try:
        turned = image.getexif().get(orientation, 1) != 1
        image = ImageOps.exif_transpose(image) if turned else image
        return image if image.mode == "RGB" else image.convert("RGB")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return image  # `read` says what is wrong with it


def _from_pil(image: Any) -> np.ndarray:
    pillow = sys.modules["PIL.Image"]
    try:
        if len(image.getbands()) != 3:
            image = image.convert("RGB")
        return np.asarray(image)
    except (OSError, SyntaxError, ValueError, pillow.DecompressionBombError) as error:
        raise ValueError(f"Pillow cannot read it: {error}") from None


def infer_layout(image: np.ndarray) -> str:
    """The layout in which an array of three axes has 1 or 3 channels; channels
    first, with a warning, if both have."""
    _check_axes(image)
    first, last = (image.shape[axis] in (1, 3) for axis in (0, 2))
    if first and last:
        _logger.warning(
            "The layout of an image of shape %s is ambiguous; %s is assumed. "
            "input_data_format says it.",
            image.shape,
            CHANNELS_FIRST,
        )
    if not first and not last:
        raise ValueError(
            f"found the shape {image.shape}, expected 1 or 3 channels on the first "
            "or last axis"
        )
    return CHANNELS_FIRST if first else CHANNELS_LAST


def to_channels_last(image: np.ndarray, layout: str) -> np.ndarray:
    """An array of numbers as (height, width, channels), without a copy.  Raises
    ValueError unless it has 1 or 3 channels and at least one pixel."""
    _check_axes(image)
    if layout == CHANNELS_FIRST:
        image = image.transpose(1, 2, 0)
    height, width, channels = image.shape
    if channels not in (1, 3):
        raise ValueError(
            f"found {channels} channels in a {layout.replace('_', ' ')} image, "
            "expected 1 or 3"
        )
    if height == 0 or width == 0:
        raise ValueError(f"found {width} x {height} pixels, expected at least 1 x 1")
    if image.dtype.kind not in "biuf":
        raise ValueError(f"found the type {image.dtype}, expected numbers")
    return image


def _check_axes(image: np.ndarray) -> None:
    if image.ndim != 3:
        raise ValueError(f"found the shape {image.shape}, expected three axes")
