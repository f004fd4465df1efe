"""CvtConfig: what config.json says about a CvT model."""

from __future__ import annotations

import copy
import inspect
import json
import logging
import os
from typing import Any, Dict, List, Optional, Sequence, Union

from .config_defaults import COMMON_DEFAULTS
from .config_values import (
    check_json_values,
    found,
    is_like,
    parse_json_object,
    plain,
    typed,
    with_integer_keys,
)
from .hub_arguments import check_saving_arguments, without_hub_arguments

_logger = logging.getLogger(__name__)

CONFIG_NAME = "config.json"
PROBLEM_TYPES = (
    "regression",
    "single_label_classification",
    "multi_label_classification",
)

# The frontend's limit, here too because the maps of labels are made before it
# sees the configuration.
_MAX_LABELS = 1_000_000

# Attributes that are not stored under their names.
_PROPERTIES = ("num_labels", "name_or_path", "torch_dtype")

# Attributes about how a configuration was loaded; files never have them.
_NOT_WRITTEN = (
    "transformers_version",
    "_commit_hash",
    "_auto_class",
    "_attn_implementation",
    "_attn_implementation_internal",
    "base_model_tp_plan",
    "base_model_pp_plan",
)


class CvtConfig:
    """The architecture of a CvT model, and how it answers.

    Every argument is an attribute.  Lists have one entry for each stage; sizes
    are in pixels of the stage's input or tokens of its map, on both axes.

    Arguments:
      num_channels: channels of the pictures.
      patch_sizes, patch_stride, patch_padding: the convolution that makes a
        stage's tokens.
      embed_dim: channels of a stage's tokens.
      num_heads: attention heads of a layer.
      depth: layers of a stage.
      mlp_ratio: width of an MLP's hidden layer by embed_dim.
      attention_drop_rate, drop_rate, drop_path_rate: dropout while training;
        nothing that cvtc runs depends on them.
      qkv_bias: whether query, key and value have a bias.
      cls_token: whether the stage has a class token.
      qkv_projection_method: "dw_bn" (depthwise convolution and batch norm),
        "avg" (average pooling) or "linear".
      kernel_qkv, padding_kv, stride_kv, padding_q, stride_q: the convolution or
        pooling of query, key and value.
      initializer_range: standard deviation of random weights.
      layer_norm_eps: kept, but CvT's norms all use 1e-5.
      **kwargs: what every configuration of Hugging Face has, among others
        num_labels, id2label, label2id, problem_type, output_hidden_states,
        return_dict, architectures, dtype; any other key becomes an attribute.

    num_labels (2 if nothing is given) makes the labels "LABEL_0", "LABEL_1",
    ...; where id2label is given as well, id2label counts.

    Raises ValueError for a value of the wrong type.  Whether the values make a
    model is checked by validate(), and whenever a model is made of them.

    Example:

        >>> from cvtc import CvtConfig
        >>> config = CvtConfig(num_labels=10, depth=[1, 4, 16])
        >>> config.num_labels, config.embed_dim
        (10, [64, 192, 384])
    """

    model_type: str = "cvt"

    label2id: Optional[Dict[str, int]]
    problem_type: Optional[str]
    pruned_heads: Dict[int, Any]
    return_dict: bool
    output_hidden_states: bool
    torchscript: bool
    architectures: Optional[List[str]]
    dtype: Any
    transformers_version: Optional[str]

    # The default lists stay as they are: each object makes its own.
    def __init__(
        self,
        /,
        num_channels: int = 3,
        patch_sizes: Sequence[int] = [7, 3, 3],
        patch_stride: Sequence[int] = [4, 2, 2],
        patch_padding: Sequence[int] = [2, 1, 1],
        embed_dim: Sequence[int] = [64, 192, 384],
        num_heads: Sequence[int] = [1, 3, 6],
        depth: Sequence[int] = [1, 2, 10],
        mlp_ratio: Sequence[float] = [4.0, 4.0, 4.0],
        attention_drop_rate: Sequence[float] = [0.0, 0.0, 0.0],
        drop_rate: Sequence[float] = [0.0, 0.0, 0.0],
        drop_path_rate: Sequence[float] = [0.0, 0.0, 0.1],
        qkv_bias: Sequence[bool] = [True, True, True],
        cls_token: Sequence[bool] = [False, False, True],
        qkv_projection_method: Sequence[str] = ["dw_bn", "dw_bn", "dw_bn"],
        kernel_qkv: Sequence[int] = [3, 3, 3],
        padding_kv: Sequence[int] = [1, 1, 1],
        stride_kv: Sequence[int] = [2, 2, 2],
        padding_q: Sequence[int] = [1, 1, 1],
        stride_q: Sequence[int] = [1, 1, 1],
        initializer_range: float = 0.02,
        layer_norm_eps: float = 1e-12,
        **kwargs: Any,
    ) -> None:
        self.num_channels = num_channels
        self.patch_sizes = patch_sizes
        self.patch_stride = patch_stride
        self.patch_padding = patch_padding
        self.embed_dim = embed_dim
        self.num_heads = num_heads
        self.depth = depth
        self.mlp_ratio = mlp_ratio
        self.attention_drop_rate = attention_drop_rate
        self.drop_rate = drop_rate
        self.drop_path_rate = drop_path_rate
        self.qkv_bias = qkv_bias
        self.cls_token = cls_token
        self.qkv_projection_method = qkv_projection_method
        self.kernel_qkv = kernel_qkv
        self.padding_kv = padding_kv
        self.stride_kv = stride_kv
        self.padding_q = padding_q
        self.stride_q = stride_q
        self.initializer_range = initializer_range
        self.layer_norm_eps = layer_norm_eps
        for key, default in _ARGUMENT_DEFAULTS.items():
            setattr(self, key, typed(key, getattr(self, key), default))

        self._set_labels(
            kwargs.pop("num_labels", None),
            kwargs.pop("id2label", None),
            kwargs.pop("label2id", None),
        )
        self._set_common(kwargs)
        self._set_extra(kwargs)

    def _set_labels(self, num_labels: Any, id2label: Any, label2id: Any) -> None:
        if label2id is not None and not isinstance(label2id, dict):
            raise ValueError(found("label2id", label2id, "a dictionary"))
        if num_labels is not None:
            _check_num_labels(num_labels)
        if id2label is None:
            self._make_labels(2 if num_labels is None else num_labels)
            return
        self.id2label = id2label
        self.label2id = label2id
        if num_labels not in (None, len(id2label)):
            _logger.warning(
                "num_labels: found %d, but id2label has %d entries, which count",
                num_labels,
                len(id2label),
            )

    def _make_labels(self, num_labels: int) -> None:
        self.id2label = {i: f"LABEL_{i}" for i in range(num_labels)}
        self.label2id = {label: i for i, label in self.id2label.items()}

    def _set_common(self, given: Dict[str, Any]) -> None:
        """Takes from `given` what every configuration has."""
        model_type = given.pop("model_type", self.model_type)
        if model_type != self.model_type:
            raise ValueError(found("model_type", model_type, '"cvt"'))
        self.problem_type = given.pop("problem_type", None)
        _check_problem_type(self.problem_type)
        # Its name in files before transformers 4.56.
        torch_dtype = given.pop("torch_dtype", None)
        for key, default in COMMON_DEFAULTS.items():
            setattr(self, key, given.pop(key, copy.copy(default)))
        if self.dtype is None:
            self.dtype = torch_dtype
        self.pruned_heads = with_integer_keys("pruned_heads", self.pruned_heads or {})
        self.name_or_path = given.pop("name_or_path", "")
        self.transformers_version = given.pop("transformers_version", None)
        given.pop("attn_implementation", None)

    def _set_extra(self, given: Dict[str, Any]) -> None:
        for key, value in given.items():
            # A key must not hide a method.
            if hasattr(type(self), key):
                raise ValueError(
                    f"{key}: found as a key, expected a name that is no method "
                    f"of {type(self).__name__}"
                )
            setattr(self, key, value)

    @property
    def id2label(self) -> Dict[int, str]:
        """The labels by index.  Keys may be given as JSON has them, as strings.

        Setting it does not change label2id, as in Hugging Face; it raises
        ValueError for keys that are no integers."""
        return vars(self)["id2label"]

    @id2label.setter
    def id2label(self, id2label: Any) -> None:
        # In the place of a plain attribute, so that it is written like one.
        vars(self)["id2label"] = with_integer_keys("id2label", id2label)

    @property
    def num_labels(self) -> int:
        """Number of classes: the length of id2label.  Another number makes
        the labels "LABEL_0", "LABEL_1", ..."""
        return len(self.id2label)

    @num_labels.setter
    def num_labels(self, num_labels: int) -> None:
        _check_num_labels(num_labels)
        if num_labels != self.num_labels:
            self._make_labels(num_labels)

    @property
    def name_or_path(self) -> str:
        """The folder or name that the model was loaded from, or ""."""
        return self._name_or_path

    @name_or_path.setter
    def name_or_path(self, name_or_path: Union[str, os.PathLike[str]]) -> None:
        self._name_or_path = str(name_or_path)

    @property
    def torch_dtype(self) -> Any:
        """The older name of dtype."""
        return self.dtype

    @torch_dtype.setter
    def torch_dtype(self, dtype: Any) -> None:
        self.dtype = dtype

    @property
    def use_return_dict(self) -> bool:
        """Whether models answer with a ModelOutput; else with a tuple."""
        return self.return_dict and not self.torchscript

    @classmethod
    def from_pretrained(
        cls,
        pretrained_model_name_or_path: Union[str, os.PathLike[str]],
        *,
        return_unused_kwargs: bool = False,
        **overrides: Any,
    ) -> CvtConfig:
        """Reads the config.json of a model.

        Arguments:
          pretrained_model_name_or_path: a model folder, a file like
            config.json, or the name of a model in Hugging Face's cache, such as
            "microsoft/cvt-13".  Nothing is downloaded.
          return_unused_kwargs, **overrides: as in from_dict.  Arguments of
            transformers about downloads have no effect, unless they mean another
            file or place.

        Raises OSError where there is no such file or model, and ValueError,
        which names the file and the key, where it is not a configuration, or
        for an argument that means something else.
        """
        file = _find_config_file(os.fspath(pretrained_model_name_or_path))
        overrides = without_hub_arguments(overrides)
        return cls._read(
            file, {**overrides, "return_unused_kwargs": return_unused_kwargs}
        )

    @classmethod
    def from_json_file(cls, json_file: Union[str, os.PathLike[str]]) -> CvtConfig:
        """Reads a file like config.json, as from_pretrained does."""
        return cls._read(os.fspath(json_file), {})

    @classmethod
    def _read(cls, file: str, overrides: Dict[str, Any]) -> Any:
        """What from_dict returns for the file's content and these arguments."""
        with open(file, "rb") as stream:
            content = stream.read()
        try:
            return cls.from_dict(parse_json_object(content), **overrides)
        except ValueError as error:
            raise ValueError(f"{file}: {error}") from None
        except RecursionError:
            raise ValueError(f"{file}: found JSON nested too deeply") from None

    @classmethod
    def from_dict(
        cls,
        config_dict: Dict[str, Any],
        *,
        return_unused_kwargs: bool = False,
        **overrides: Any,
    ) -> CvtConfig:
        """Makes a configuration from what to_dict or a config.json gives.

        Arguments:
          config_dict: keys and values; it is not changed.
          return_unused_kwargs: whether to return a pair, as in Hugging Face's
            class in spite of its annotation: the configuration and the overrides
            that it does not have.
          **overrides: attributes to set afterwards.  As in Hugging Face, keys
            that the configuration does not have are left out.

        Raises ValueError for a value of the wrong type, and where num_labels
        and id2label contradict each other in overrides.
        """
        config = cls(**copy.deepcopy(config_dict))
        num_labels = overrides.get("num_labels")
        if num_labels is not None and "id2label" in overrides:
            entries = len(overrides["id2label"] or {})
            if entries != num_labels:
                raise ValueError(
                    f"num_labels: found {num_labels}, expected {entries}, the "
                    "number of entries of id2label; give one of the two"
                )
        unused = {}
        for key, value in overrides.items():
            if key in _ARGUMENT_DEFAULTS:
                value = typed(key, value, _ARGUMENT_DEFAULTS[key])
            elif key == "problem_type":
                _check_problem_type(value)
            if config.has_value(key):
                setattr(config, key, value)
            else:
                unused[key] = value
        return (config, unused) if return_unused_kwargs else config

    def has_value(self, key: str) -> bool:
        """Whether from_dict may set it."""
        return key in vars(self) or key in _PROPERTIES

    def to_dict(self) -> Dict[str, Any]:
        """All attributes, as a dictionary that shares nothing with this."""
        values = {
            key: copy.deepcopy(value)
            for key, value in vars(self).items()
            if key not in _NOT_WRITTEN
        }
        values["model_type"] = self.model_type
        # torch.float32 is "float32".
        if self.dtype is not None:
            values["dtype"] = str(self.dtype).rpartition(".")[2]
        return values

    def to_diff_dict(self) -> Dict[str, Any]:
        """As to_dict, without what every configuration has and is as it was:
        the content of a config.json."""
        common = {
            **COMMON_DEFAULTS,
            "problem_type": None,
            "id2label": {0: "LABEL_0", 1: "LABEL_1"},
            "label2id": {"LABEL_0": 0, "LABEL_1": 1},
        }
        return {
            key: value
            for key, value in self.to_dict().items()
            if key != "_name_or_path" and (key not in common or value != common[key])
        }

    def to_json_string(self, use_diff: bool = True) -> str:
        """to_diff_dict (or to_dict) as JSON with sorted keys.

        Raises ValueError, which names the key, for values that JSON has not.
        """
        values = self.to_diff_dict() if use_diff else self.to_dict()
        check_json_values(values)
        return json.dumps(values, indent=2, sort_keys=True) + "\n"

    def to_json_file(
        self, json_file_path: Union[str, os.PathLike[str]], use_diff: bool = True
    ) -> None:
        """Writes to_json_string into a file.

        Raises OSError where it cannot be written, ValueError as to_json_string
        does.
        """
        text = self.to_json_string(use_diff)
        with open(json_file_path, "w", encoding="utf-8") as stream:
            stream.write(text)

    def save_pretrained(
        self, save_directory: Union[str, os.PathLike[str]], **kwargs: Any
    ) -> None:
        """Writes config.json into a folder, which is made if needed.

        kwargs: arguments of transformers that change nothing here, such as
            push_to_hub=False.

        transformers and cvt-compile read it.  Raises errors as to_json_file
        does, and ValueError or TypeError for other arguments.
        """
        check_saving_arguments(kwargs)
        os.makedirs(save_directory, exist_ok=True)
        self.to_json_file(os.path.join(save_directory, CONFIG_NAME))

    def validate(self) -> None:
        """Checks that these values make a CvT model, as the compiler does.

        Raises ValueError: one sentence with the key, what it is and what is
        allowed.
        """
        # Not at the top: all else here works without the extension.
        from . import _native

        _native.check_config(
            self.to_json_string(), str(self.name_or_path or type(self).__name__)
        )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, CvtConfig):
            return NotImplemented
        return self.to_dict() == other.to_dict()

    def __repr__(self) -> str:
        return f"{type(self).__name__} {self.to_json_string()}"


_ARGUMENT_DEFAULTS: Dict[str, Any] = {
    name: parameter.default
    for name, parameter in inspect.signature(CvtConfig).parameters.items()
    if parameter.kind is not parameter.VAR_KEYWORD
}


def as_config(config: Any) -> CvtConfig:
    """A config of this package or of transformers as one of this package.
    Raises TypeError for anything else."""
    if isinstance(config, CvtConfig):
        return config
    if getattr(config, "model_type", None) == "cvt" and hasattr(config, "to_dict"):
        return CvtConfig.from_dict(config.to_dict())
    raise TypeError(f"config is of type {type(config).__name__}, expected CvtConfig")


def _check_problem_type(problem_type: Any) -> None:
    if problem_type not in (None, *PROBLEM_TYPES):
        allowed = ", ".join(json.dumps(name) for name in PROBLEM_TYPES)
        raise ValueError(found("problem_type", problem_type, f"one of {allowed}"))


def _check_num_labels(num_labels: Any) -> None:
    num_labels = plain(num_labels)
    if not is_like(num_labels, 0) or not 0 <= num_labels <= _MAX_LABELS:
        raise ValueError(
            found("num_labels", num_labels, f"an integer from 0 to {_MAX_LABELS}")
        )


def _find_config_file(path: str) -> str:
    if os.path.isfile(path):
        return path
    if not os.path.isdir(path):
        # Not at the top: all else here works without the extension.
        from . import _native

        path = _native.find_model_folder(path)
    file = os.path.join(path, CONFIG_NAME)
    if not os.path.isfile(file):
        raise OSError(f"{file}: no such file, expected the configuration of a model")
    return file
