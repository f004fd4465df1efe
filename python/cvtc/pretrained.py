"""What the four model classes share: loading, saving, compiling."""

from __future__ import annotations

import json
import logging
import operator
import os
import pathlib
import random
from typing import Any, Optional, Union

from . import _native, artifacts, programs, tensors
from .config_values import whole_number
from .configuration import CvtConfig, as_config
from .hub_arguments import (
    check_saving_arguments,
    weights_in,
    without_loading_arguments,
)
from .image_processing import (
    IMAGE_PROCESSOR_NAME,
    AutoImageProcessor,
    ConvNextImageProcessor,
)

logger = logging.getLogger(__name__)

ACTIVATIONS = ("gelu", "quick_gelu")


class CvtPreTrainedModel:
    """Base of the models: weights of a CvT model, compiled for each image size
    when it is first seen and kept in the user's cache folder.

    Any number of threads may call one model at once; calls take turns, since
    each computes on all CPUs."""

    config_class = CvtConfig
    base_model_prefix = "cvt"
    main_input_name = "pixel_values"

    #: The architecture that config.json names.
    architecture: str

    # Arguments of the constructor without effect, which from_pretrained takes.
    _unused_arguments: tuple[str, ...] = ()

    def __init__(self, config: CvtConfig):
        """A model with random weights, as Hugging Face initialises them; they
        are drawn from Python's module `random`.  Raises ValueError for a config
        that no model can have."""
        config = as_config(config)
        text = self._check_config(config)
        source = artifacts.Source(text, seed=random.getrandbits(63))
        self._use(config, self._programs_of(source, config, programs.Settings()))

    @classmethod
    def _of_program(
        cls,
        config: CvtConfig,
        runs: Union[programs.CompiledPrograms, programs.Program],
        processor: Optional[ConvNextImageProcessor],
    ):
        """A model that need not draw weights."""
        model = cls.__new__(cls)
        model._use(config, runs, processor)
        return model

    def _use(
        self,
        config: CvtConfig,
        runs: Union[programs.CompiledPrograms, programs.Program],
        processor: Optional[ConvNextImageProcessor] = None,
    ) -> None:
        self.config = config
        self.num_labels = config.num_labels
        #: How pictures become pixel_values; None if the model does not say.
        self.image_processor = processor
        self._programs = runs

    @property
    def name_or_path(self) -> str:
        """What the model was loaded from; empty for one made from a config."""
        return self.config.name_or_path

    @property
    def training(self) -> bool:
        """False: a model is always in evaluation mode."""
        return False

    @classmethod
    def _check_config(cls, config: CvtConfig) -> str:
        """The text of config.json that the model is compiled from."""
        values = json.loads(config.to_json_string(use_diff=False))
        values["architectures"] = [cls.architecture]
        return _native.check_config(json.dumps(values), "config")

    @classmethod
    def _output_names(cls, config: CvtConfig) -> tuple[str, ...]:
        """What a call returns beside hidden states, as cvt-compile names it."""
        raise NotImplementedError

    @classmethod
    def _programs_of(
        cls, source: artifacts.Source, config: CvtConfig, settings: programs.Settings
    ) -> programs.CompiledPrograms:
        return programs.CompiledPrograms(source, cls._output_names(config), settings)

    @classmethod
    def from_pretrained(
        cls,
        pretrained_model_name_or_path: Union[str, os.PathLike],
        *,
        config: Union[CvtConfig, str, os.PathLike, None] = None,
        weights: Union[str, os.PathLike, None] = None,
        from_tf: bool = False,
        use_safetensors: Optional[bool] = None,
        ignore_mismatched_sizes: bool = False,
        activation: Optional[str] = None,
        precision: str = "f32",
        threads: int = 0,
        **kwargs: Any,
    ):
        """The model in a folder, or one that `hf download` has put into Hugging
        Face's cache, such as "microsoft/cvt-13".

        config: instead of the folder's config.json.
        weights: a file, instead of the folder's model.safetensors,
            pytorch_model.bin or tf_model.h5, of which it takes the first there
            is; its content says which format it is.
        from_tf: where weights is not given, take tf_model.h5.
        use_safetensors: where neither is given, take model.safetensors, or, if
            False, pytorch_model.bin.
        ignore_mismatched_sizes: draw a classifier of another size than config
            says at random, instead of failing.
        activation: "gelu" or "quick_gelu"; by default gelu, and quick_gelu for
            weights of the original repository.
        precision: "f32", "bf16" or "int8".
        threads: those that compute; 0: one for each CPU.
        kwargs: values of the config to replace, such as num_labels.  Other
            arguments of transformers are accepted where they ask for what is so
            anyway, such as device_map="cpu".

        Raises OSError if there is no such model, ValueError if it is not in
        order; both say what was found and what is expected.  Raises ValueError
        or TypeError for arguments that it does not take."""
        name = os.fspath(pretrained_model_name_or_path)
        settings = programs.Settings(
            precision=precision, threads=whole_number("threads", threads, 0)
        )
        _check_activation(activation)
        values = without_loading_arguments(kwargs)
        for argument in cls._unused_arguments:
            values.pop(argument, None)
        folder = _native.find_model_folder(name)
        if config is None or isinstance(config, (str, os.PathLike)):
            config = cls.config_class.from_pretrained(config or folder)
        config = as_config(config)
        config = _with_values(config, values, f"{cls.__name__}.from_pretrained()")
        config.name_or_path = name
        text = cls._check_config(config)
        weights = weights or weights_in(folder, from_tf, use_safetensors)
        path = os.path.abspath(os.fspath(weights))
        files, warnings = _native.check_weights(text, path, ignore_mismatched_sizes)
        for warning in warnings:
            logger.warning("%s", warning)
        processor, processor_text = _read_processor(folder)
        source = artifacts.Source(
            text,
            processor=processor_text,
            weights=path,
            weight_files=tuple(files),
            ignore_mismatched_sizes=ignore_mismatched_sizes,
            activation=activation,
            known_warnings=tuple(warnings),
        )
        runs = cls._programs_of(source, config, settings)
        return cls._of_program(config, runs, processor)

    def save_pretrained(
        self,
        save_directory: Union[str, os.PathLike],
        *,
        safe_serialization: bool = True,
        **kwargs: Any,
    ) -> None:
        """Writes config.json and model.safetensors, which transformers reads
        too, into a folder.

        safe_serialization: False raises ValueError: there is no other format.
        kwargs: arguments of transformers that change nothing here, such as
            push_to_hub=False.

        Raises OSError or ValueError, and TypeError for other arguments."""
        if not safe_serialization:
            raise ValueError(
                f"safe_serialization is {safe_serialization!r}, expected True: only "
                "safetensors is written"
            )
        check_saving_arguments(kwargs)
        source = self._compiled_programs("save_pretrained").source
        folder = pathlib.Path(save_directory)
        folder.mkdir(parents=True, exist_ok=True)
        artifacts.write_weights(source, folder / "model.safetensors")
        config = CvtConfig.from_dict(self.config.to_dict())
        config.architectures = [self.architecture]
        config.dtype = "float32"  # of the weights, whatever the checkpoint's was
        config.save_pretrained(folder)

    def compile(
        self,
        image_size: Union[int, tuple[int, int], None] = None,
        precision: Optional[str] = None,
        max_batch: Optional[int] = None,
        output_hidden_states: Optional[bool] = None,
    ) -> pathlib.Path:
        """Compiles ahead of the first call.

        image_size: pixels, one number or (height, width); by default what the
            image processor makes, else config.image_size, else 224.
        precision: "f32", "bf16" or "int8"; later calls use it too.
        max_batch: larger batches run in pieces of this many pictures.
        output_hidden_states: whether calls will ask for hidden states; by
            default as the config says.

        Returns the artifact, a file in the cache that cvtc.load, cvt-run and
        programs in C and C++ open; copy it to keep it.  Raises ValueError."""
        runs = self._compiled_programs("compile")
        settings = programs.Settings(
            runs.settings.precision if precision is None else precision,
            runs.settings.max_batch if max_batch is None else max_batch,
            runs.settings.threads,
        )
        if image_size is None:
            image_size = programs.own_image_size(runs.source)
        height, width = _height_and_width(image_size)
        hidden_states = self._wants_hidden(output_hidden_states)
        return runs.compile(settings, height, width, hidden_states)

    def _compiled_programs(self, what: str) -> programs.CompiledPrograms:
        if isinstance(self._programs, programs.CompiledPrograms):
            return self._programs
        raise ValueError(
            f"{what}: this model was loaded from an artifact, which holds one "
            "program and no weights that could be read; use from_pretrained"
        )

    def _wants_hidden(self, asked: Optional[bool]) -> bool:
        return bool(self.config.output_hidden_states if asked is None else asked)

    def _wants_dict(self, asked: Optional[bool]) -> bool:
        return bool(self.config.use_return_dict if asked is None else asked)

    def _run(self, pixel_values: Any, hidden_states: bool) -> programs.Outputs:
        if pixel_values is None:
            raise ValueError("You have to specify pixel_values")
        return self._programs.run(tensors.to_numpy(pixel_values), hidden_states)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.config!r})"


def in_kind_of(value: Any, arrays):
    """An array, a tuple of them or None, as tensors of the kind of `value`."""
    kind = tensors.kind_of(value)
    if arrays is None:
        return None
    if isinstance(arrays, tuple):
        return tuple(tensors.from_numpy(array, kind) for array in arrays)
    return tensors.from_numpy(arrays, kind)


def _with_values(config: CvtConfig, values: dict[str, Any], call: str) -> CvtConfig:
    """A copy of `config` with other values."""
    for key in values:
        if not config.has_value(key):
            raise TypeError(f"{call} got an unexpected keyword argument {key!r}")
    return type(config).from_dict(config.to_dict(), **values)


def _check_activation(activation: Optional[str]) -> None:
    if activation not in (None, *ACTIVATIONS):
        raise ValueError(
            f"activation is {activation!r}, expected one of {', '.join(ACTIVATIONS)}"
        )


def _height_and_width(image_size: Union[int, tuple[int, int]]) -> tuple[int, int]:
    pair = image_size if isinstance(image_size, (list, tuple)) else [image_size] * 2
    try:
        height, width = map(operator.index, pair)
    except (TypeError, ValueError):
        height = width = 0
    if height < 1 or width < 1:
        raise ValueError(
            f"image_size is {image_size!r}, expected a number of pixels of at least "
            "1, or (height, width)"
        )
    return height, width


def _read_processor(
    folder: str,
) -> tuple[Optional[ConvNextImageProcessor], Optional[str]]:
    """The image processor of a model folder, and the text that describes it.  As
    in Hugging Face's, a model runs without one."""
    file = pathlib.Path(folder) / IMAGE_PROCESSOR_NAME
    if not file.exists():
        return None, None
    try:
        return AutoImageProcessor.from_pretrained(folder), file.read_text("utf-8")
    except ValueError as error:
        logger.warning("%s; the model takes pixel_values only", error)
        return None, None
