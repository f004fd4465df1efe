"""Pictures to pixel_values: ConvNextImageProcessor, the one that CvT
checkpoints name.

Where transformers' class gives a result, this gives the same, except that
- PIL images, paths and bytes are pictures even if they are 1 or 3 pixels high,
  which transformers takes for channels first, and input_data_format does not
  concern them: a PIL image with alpha is converted to RGB,
- images have 1 or 3 channels, also where nothing is resized,
- values that no model was trained with are refused, such as image_std=0,
- images of several shapes never make a tensor, also where numpy could hold them
  as objects.
"""

from __future__ import annotations

import copy
import functools
import json
import logging
import operator
import os
import pathlib
import warnings
from typing import Any, Callable, Dict, List, Optional, Sequence, Union

import numpy as np

from . import _native, image_inputs
from .batch_feature import BatchFeature
from .hub_arguments import check_saving_arguments, without_hub_arguments
from .image_steps import ImageSteps, size_dict

__all__ = ["AutoImageProcessor", "BatchFeature", "ConvNextImageProcessor"]

_logger = logging.getLogger(__name__)

IMAGE_PROCESSOR_NAME = "preprocessor_config.json"

_Numbers = Union[float, Sequence[float]]
_Size = Union[int, Dict[str, int]]


class ConvNextImageProcessor:
    """Resizes, crops, rescales and normalizes pictures, with the results of
    transformers' class of this name, to the bit.

    Every argument is an attribute, and may be given anew in each call."""

    model_input_names = ["pixel_values"]
    #: Whether torchvision computes, as in transformers' classes named Fast.
    is_fast = False

    def __init__(
        self,
        do_resize: bool = True,
        size: Optional[_Size] = None,
        crop_pct: Optional[float] = None,
        resample: int = 2,
        do_rescale: bool = True,
        rescale_factor: float = 1 / 255,
        do_normalize: bool = True,
        image_mean: Optional[_Numbers] = None,
        image_std: Optional[_Numbers] = None,
        **kwargs: Any,
    ):
        """
        do_resize: whether to make pictures of size x size pixels.
        size: {"shortest_edge": pixels}, or the number alone; 384 by default.
            Below 384 the shorter side becomes size / crop_pct and the centre is
            cut out; else the picture is squeezed.
        crop_pct: 224/256 by default.
        resample: the filter, as PIL.Image.Resampling numbers it: 0 nearest, 1
            lanczos, 2 bilinear, 3 bicubic, 4 box, 5 hamming.
        do_rescale: whether to multiply with rescale_factor.
        do_normalize: whether to subtract image_mean and divide by image_std:
            lists with a number for each channel, or one number; 0.5 by default.
        kwargs: kept as attributes.

        Raises ValueError for a size of another form; other values are checked
        when they are used."""
        kwargs.pop("feature_extractor_type", None)
        self._processor_class = kwargs.pop("processor_class", None)
        for key, value in kwargs.items():
            setattr(self, key, value)
        self.do_resize = do_resize
        self.size = size_dict(384 if size is None else size)
        self.crop_pct = 224 / 256 if crop_pct is None else crop_pct
        self.resample = resample
        self.do_rescale = do_rescale
        self.rescale_factor = rescale_factor
        self.do_normalize = do_normalize
        self.image_mean = [0.5, 0.5, 0.5] if image_mean is None else image_mean
        self.image_std = [0.5, 0.5, 0.5] if image_std is None else image_std

    def __call__(self, images: Any, **kwargs: Any) -> BatchFeature:
        """The same as preprocess."""
        return self.preprocess(images, **kwargs)

    def preprocess(
        self,
        images: Any,
        do_resize: Optional[bool] = None,
        size: Optional[_Size] = None,
        crop_pct: Optional[float] = None,
        resample: Optional[int] = None,
        do_rescale: Optional[bool] = None,
        rescale_factor: Optional[float] = None,
        do_normalize: Optional[bool] = None,
        image_mean: Optional[_Numbers] = None,
        image_std: Optional[_Numbers] = None,
        return_tensors: Optional[str] = None,
        data_format: Optional[str] = "channels_first",
        input_data_format: Optional[str] = None,
        **kwargs: Any,
    ) -> BatchFeature:
        """Makes `pixel_values` of images.

        images: one, or a list of them, or a list of such lists:
            - a path (str or os.PathLike) or the bytes of a JPEG, PNG, WebP, BMP
              or PNM file; turned upright as the file says,
            - a PIL image; as it lies, and converted to RGB unless it has three
              channels,
            - an array or tensor of numpy, PyTorch or TensorFlow, of shape
              (height, width, channels) or (channels, height, width) with 1 or 3
              channels, or a batch of these with four axes.  Numbers are whole
              from 0 to 255, or from 0 to 1, which need do_rescale=False.
        do_resize ... image_std: instead of the processor's own values.
        return_tensors: "np", "pt" or "tf" for one tensor of all images; None
            for a list of numpy arrays.
        data_format: of the result: "channels_first", "channels_last", or None
            for that of the first image.
        input_data_format: of arrays and tensors; by default the axis that 1 or 3
            long decides, of the first image for all.

        Returns a dictionary with "pixel_values": float32 numbers of shape
        (batch, channels, height, width), or a list without the batch.  As in
        transformers, images keep their type where steps are left out.
        Other names in kwargs are ignored with a warning.  Raises ValueError for
        an image that cannot be processed, with its path or place in the list,
        and OSError for a file that cannot be read."""
        _warn_of_unknown(kwargs, f"{type(self).__name__}.preprocess")
        given = {
            "do_resize": do_resize,
            "size": size,
            "crop_pct": crop_pct,
            "resample": resample,
            "do_rescale": do_rescale,
            "rescale_factor": rescale_factor,
            "do_normalize": do_normalize,
            "image_mean": image_mean,
            "image_std": image_std,
        }
        values = {
            key: getattr(self, key) if value is None else value
            for key, value in given.items()
        }
        pixel_values = _process_all(
            images,
            functools.lru_cache(maxsize=None)(functools.partial(ImageSteps, **values)),
            image_inputs.layout_of(input_data_format, "input_data_format"),
            image_inputs.layout_of(data_format, "data_format"),
            bool(values["do_rescale"]),
        )
        return BatchFeature({"pixel_values": pixel_values}, return_tensors)

    @classmethod
    def from_pretrained(
        cls,
        pretrained_model_name_or_path: Union[str, os.PathLike],
        **kwargs: Any,
    ) -> ConvNextImageProcessor:
        """The processor that a preprocessor_config.json describes.

        pretrained_model_name_or_path: a model folder, the file itself, or the
            name of a model in Hugging Face's cache, such as "microsoft/cvt-13".
            Nothing is downloaded.
        kwargs: attributes to set; as in transformers, others are ignored.

        Raises OSError where there is no such file, ValueError if its content is
        not in order; both name it."""
        kwargs = without_hub_arguments(kwargs)
        # By which transformers finds the class.
        kwargs.pop("config", None)
        file = _find_file(os.fspath(pretrained_model_name_or_path))
        return cls.from_dict(_read(file), **kwargs)

    @classmethod
    def from_json_file(
        cls, json_file: Union[str, os.PathLike]
    ) -> ConvNextImageProcessor:
        """The processor that a file describes, as in from_pretrained."""
        return cls.from_dict(_read(pathlib.Path(json_file)))

    @classmethod
    def from_dict(
        cls, image_processor_dict: Dict[str, Any], **kwargs: Any
    ) -> ConvNextImageProcessor:
        """The processor with these arguments; kwargs as in from_pretrained."""
        processor = cls(**copy.deepcopy(image_processor_dict))
        for key, value in kwargs.items():
            if key in vars(processor):
                setattr(processor, key, size_dict(value) if key == "size" else value)
        return processor

    def to_dict(self) -> Dict[str, Any]:
        """All attributes, as a dictionary that shares nothing with this."""
        return {
            **copy.deepcopy(vars(self)),
            "image_processor_type": type(self).__name__,
        }

    def to_json_string(self) -> str:
        """The content of a preprocessor_config.json."""
        values = self.to_dict()
        processor_class = values.pop("_processor_class")
        if processor_class is not None:
            values["processor_class"] = processor_class
        # Arrays are not JSON, and may be given as image_mean.
        as_list = operator.methodcaller("tolist")
        return json.dumps(values, indent=2, sort_keys=True, default=as_list) + "\n"

    def to_json_file(self, json_file_path: Union[str, os.PathLike]) -> None:
        """Writes to_json_string() to a file.  Raises OSError."""
        pathlib.Path(json_file_path).write_text(self.to_json_string(), "utf-8")

    def save_pretrained(
        self, save_directory: Union[str, os.PathLike], **kwargs: Any
    ) -> List[str]:
        """Writes preprocessor_config.json, which transformers reads too, into a
        folder, and returns its path in a list.

        kwargs: arguments of transformers that change nothing here, such as
            push_to_hub=False.

        Raises OSError, and ValueError or TypeError for other arguments."""
        check_saving_arguments(kwargs)
        folder = pathlib.Path(save_directory)
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / IMAGE_PROCESSOR_NAME
        self.to_json_file(file)
        return [str(file)]

    def __repr__(self) -> str:
        return f"{type(self).__name__} {self.to_json_string()}"


class AutoImageProcessor:
    """Finds the image processor of a model: ConvNextImageProcessor."""

    def __init__(self) -> None:
        raise OSError("AutoImageProcessor has no instances: use from_pretrained")

    @classmethod
    def from_pretrained(
        cls,
        pretrained_model_name_or_path: Union[str, os.PathLike],
        use_fast: Optional[bool] = None,
        **kwargs: Any,
    ) -> ConvNextImageProcessor:
        """As ConvNextImageProcessor.from_pretrained.

        use_fast has no effect: results are always those of transformers'
        ConvNextImageProcessor, not of its Fast class, which resizes by
        torchvision to other numbers."""
        return ConvNextImageProcessor.from_pretrained(
            pretrained_model_name_or_path, **kwargs
        )


def _process_all(
    images: Any,
    steps_for: Callable[[int], ImageSteps],
    input_layout: Optional[str],
    output_layout: Optional[str],
    do_rescale: bool,
) -> List[np.ndarray]:
    """One array for each image.  steps_for: by the number of channels."""
    results: List[np.ndarray] = []
    for name, image in image_inputs.flatten(images):
        array, known_layout = image_inputs.read(image, name)
        with image_inputs.errors_about(name):
            if input_layout is None:
                input_layout = known_layout or image_inputs.infer_layout(array)
            pixels = image_inputs.to_channels_last(array, known_layout or input_layout)
        if do_rescale and not results:
            _warn_if_scaled(pixels)
        steps = steps_for(pixels.shape[2])
        with image_inputs.errors_about(name):
            values = steps.apply(pixels)
        if (output_layout or input_layout) == image_inputs.CHANNELS_LAST:
            values = values.transpose(1, 2, 0)
        results.append(values)
    return results


def _warn_if_scaled(pixels: np.ndarray) -> None:
    if pixels.dtype != np.uint8 and pixels.min() >= 0 and pixels.max() <= 1:
        _warn_once(
            "The images' numbers are between 0 and 1, so they seem to be rescaled "
            "already; do_rescale=False keeps them from being rescaled again."
        )


@functools.lru_cache(maxsize=None)
def _warn_once(message: str) -> None:
    _logger.warning(message)


def _warn_of_unknown(kwargs: Dict[str, Any], function: str) -> None:
    if kwargs:
        names = ", ".join(f"'{name}'" for name in kwargs)
        warnings.warn(
            f"The following named arguments are not valid for `{function}` and were "
            f"ignored: {names}",
            UserWarning,
            stacklevel=3,
        )


def _find_file(name: str) -> pathlib.Path:
    file = pathlib.Path(name)
    if file.is_file():
        return file
    file = pathlib.Path(_native.find_model_folder(name)) / IMAGE_PROCESSOR_NAME
    if not file.is_file():
        raise OSError(
            f"{file}: no such file, expected a description of how pictures are "
            "processed"
        )
    return file


def _read(file: pathlib.Path) -> Dict[str, Any]:
    """A preprocessor_config.json, checked.  Raises OSError, ValueError."""
    try:
        text = file.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        raise ValueError(f"{file}: is not UTF-8") from None
    _native.check_processor_config(text, str(file))
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError(f"{file}: is JSON nested too deeply") from None
