"""From the pixels of one image to numbers: resize, crop, rescale, normalize.

Bytes are computed by C++.  What else an array may hold, floats above all, is
resized there as bytes, as in Hugging Face, and calculated with here."""

from __future__ import annotations

import operator
from collections.abc import Collection
from typing import Any, Dict, List, Tuple

import numpy as np

from . import _native

_SIZE_KEYS = (
    {"shortest_edge"},
    {"shortest_edge", "longest_edge"},
    {"longest_edge"},
    {"height", "width"},
    {"max_height", "max_width"},
)


def size_dict(size: Any) -> Dict[str, int]:
    """The `size` of a preprocessor_config.json as a dictionary: a whole number
    is the shortest edge, a pair is a height and a width."""
    if isinstance(size, int):
        return {"shortest_edge": size}
    if isinstance(size, (list, tuple)) and len(size) == 2:
        return {"height": size[0], "width": size[1]}
    if isinstance(size, dict) and set(size) in _SIZE_KEYS:
        return size
    raise ValueError(
        f'size is {size!r}, expected a whole number or {{"shortest_edge": number}}'
    )


class ImageSteps:
    """What is done with images of a number of channels, 1 or 3."""

    def __init__(
        self,
        channels: int,
        *,
        do_resize: Any,
        size: Any,
        crop_pct: Any,
        resample: Any,
        do_rescale: Any,
        rescale_factor: Any,
        do_normalize: Any,
        image_mean: Any,
        image_std: Any,
    ):
        """The other arguments are the keys of a preprocessor_config.json.
        Raises ValueError for values that are used and no image can be processed
        with."""
        self._channels = channels
        self._do_resize = bool(do_resize)
        self._do_rescale = bool(do_rescale)
        self._do_normalize = bool(do_normalize)
        used: Dict[str, Any] = {}
        if do_resize:
            used["size"] = _shortest_edge(size)
            used["crop_pct"] = _number("crop_pct", crop_pct)
            used["resample"] = _whole("resample", resample)
        if do_rescale:
            self._rescale_factor = _number("rescale_factor", rescale_factor)
            used["rescale_factor"] = self._rescale_factor
        if do_normalize:
            self._mean = _per_channel("image_mean", image_mean, channels)
            self._std = _per_channel("image_std", image_std, channels)
            # One channel is computed as the first of three equal ones.
            used["image_mean"] = self._mean * (3 // channels)
            used["image_std"] = self._std * (3 // channels)
        self._native = _native.ImageProcessor(
            do_resize=self._do_resize,
            do_rescale=self._do_rescale,
            do_normalize=self._do_normalize,
            **used,
        )

    def apply(self, pixels: np.ndarray) -> np.ndarray:
        """(channels, height, width) numbers from (height, width, channels)
        pixels, bytes or others.  The type is what Hugging Face's steps give:
        float32, if none of them is left out.  Raises ValueError."""
        is_scaled = False
        if self._do_resize:
            pixels, is_scaled = _to_bytes(pixels)
        if pixels.dtype == np.uint8 and not is_scaled:
            return self._apply_to_bytes(pixels)
        if is_scaled:
            pixels = _rescaled(self._resize_and_crop(pixels), 1 / 255)
        return self._calculate(pixels.transpose(2, 0, 1))

    def _apply_to_bytes(self, pixels: np.ndarray) -> np.ndarray:
        if self._do_rescale or self._do_normalize:
            return self._native.preprocess(_as_rgb(pixels))[: self._channels]
        if self._do_resize:
            pixels = self._resize_and_crop(pixels)
        return pixels.transpose(2, 0, 1)

    def _resize_and_crop(self, pixels: np.ndarray) -> np.ndarray:
        resized = self._native.resize_and_crop(_as_rgb(pixels))
        return resized[:, :, : self._channels]

    def _calculate(self, values: np.ndarray) -> np.ndarray:
        if self._do_rescale:
            values = _rescaled(values, self._rescale_factor)
        if self._do_normalize:
            if values.dtype.kind != "f":
                values = values.astype(np.float32)
            shape = (self._channels, 1, 1)
            values = values - np.array(self._mean, values.dtype).reshape(shape)
            values = values / np.array(self._std, values.dtype).reshape(shape)
        return values


def _to_bytes(pixels: np.ndarray) -> Tuple[np.ndarray, bool]:
    """Pixels as uint8, for the resize, and whether they were scaled to that:
    whole numbers from 0 to 255 are not, other numbers from 0 to 1 are."""
    if pixels.dtype == np.uint8:
        return pixels, False
    low, high = pixels.min(), pixels.max()
    if np.isfinite(low) and np.isfinite(high) and low >= 0:
        # Most often the first row shows it, which takes less time.
        if _is_whole(pixels[0]) and _is_whole(pixels):
            if high <= 255:
                return pixels.astype(np.uint8), False
        elif high <= 1:
            return _rescaled(pixels, 255).astype(np.uint8), True
    raise ValueError(
        f"found numbers from {low} to {high}, expected whole ones from 0 to 255 or "
        "others from 0 to 1, which can be resized"
    )


def _is_whole(pixels: np.ndarray) -> bool:
    return np.allclose(pixels, pixels.astype(np.int64))


def _as_rgb(pixels: np.ndarray) -> np.ndarray:
    return np.broadcast_to(pixels, pixels.shape[:2] + (3,))


def _rescaled(values: np.ndarray, factor: float) -> np.ndarray:
    return (values.astype(np.float64) * factor).astype(np.float32)


def _shortest_edge(size: Any) -> int:
    size = size_dict(size)
    if "shortest_edge" not in size:
        raise ValueError(f'size is {size!r}, expected the key "shortest_edge"')
    return _whole("size", size["shortest_edge"])


def _whole(name: str, value: Any) -> int:
    try:
        number = operator.index(value)
    except TypeError:
        number = None
    # As C++ holds it; much less is allowed.
    if number is None or abs(number) >= 2**31:
        raise ValueError(f"{name} is {value!r}, expected a whole number")
    return number


def _number(name: str, value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        raise ValueError(f"{name} is {value!r}, expected a number") from None


def _per_channel(name: str, value: Any, channels: int) -> List[float]:
    if not isinstance(value, Collection):
        return [_number(name, value)] * channels
    if len(value) != channels:
        raise ValueError(
            f"{name} has {len(value)} numbers, expected {channels}, one for each "
            "channel of the image, or one number for all"
        )
    return [_number(name, number) for number in value]
