"""Arguments of transformers' from_pretrained about where files are from and how
they are loaded.  Nothing is downloaded here, and models compute in float32 on
the CPU: what asks for that is accepted, what asks for something else is not."""

from __future__ import annotations

import os
from typing import Any, Dict, Optional

from .tensors import is_float32

# How to download, or whether.
_WITHOUT_EFFECT = frozenset(
    (
        "force_download",
        "local_files_only",
        "mirror",
        "proxies",
        "resume_download",
        "token",
        "trust_remote_code",
        "use_auth_token",
    )
)
# Another file or place is meant, unless they are one of these.
_PLACES = {
    "cache_dir": (None,),
    "image_processor_filename": (None,),
    "revision": (None, "main"),
    "subfolder": (None, ""),
    "variant": (None,),
}
# How a model is loaded, where the result is the same.
_WITHOUT_EFFECT_ON_MODELS = frozenset(
    (
        "attn_implementation",
        "from_pt",
        "low_cpu_mem_usage",
        "max_memory",
        "offload_buffers",
        "offload_folder",
        "offload_state_dict",
        "weights_only",
    )
)
# What a model is loaded from or as, which is refused unless it is false.
_OTHER_MODELS = (
    "from_flax",
    "gguf_file",
    "key_mapping",
    "load_in_4bit",
    "load_in_8bit",
    "quantization_config",
    "state_dict",
    "tp_plan",
    "tp_size",
    "device_mesh",
    "use_kernels",
)
# How files are saved: what would change them is refused.
_SAVING = {
    "is_main_process": (True,),
    "push_to_hub": (False, None),
    "state_dict": (None,),
    "variant": (None,),
}
_WITHOUT_EFFECT_ON_FILES = frozenset(("save_peft_format", "token", "use_auth_token"))
_CPU = (None, "cpu", "auto", {"": "cpu"})


def without_hub_arguments(kwargs: Dict[str, Any]) -> Dict[str, Any]:
    """The arguments that do not say where files are from.  Raises ValueError for
    those that mean another file or place, or another result."""
    for key, same in _PLACES.items():
        if kwargs.get(key) not in same:
            raise ValueError(
                f"from_pretrained() does not take {key}; give the path of the folder "
                "that is meant"
            )
    if kwargs.get("return_unused_kwargs"):
        raise ValueError(
            "from_pretrained() does not take return_unused_kwargs; it returns what "
            "it loads alone"
        )
    ours = {*_WITHOUT_EFFECT, *_PLACES, "return_unused_kwargs"}
    return {key: value for key, value in kwargs.items() if key not in ours}


def without_loading_arguments(kwargs: Dict[str, Any]) -> Dict[str, Any]:
    """The arguments of a model's from_pretrained that do not say how it is
    loaded.  Raises ValueError for those that ask for what there is not."""
    kwargs = without_hub_arguments(kwargs)
    if kwargs.pop("output_loading_info", False):
        raise ValueError(
            "from_pretrained() does not take output_loading_info; it returns the "
            "model alone, and logs what is odd about the weights"
        )
    device_map = kwargs.pop("device_map", None)
    if device_map not in _CPU and str(device_map) != "cpu":
        raise ValueError(
            f'device_map is {device_map!r}, expected None, "cpu" or "auto": cvtc runs '
            "on CPUs"
        )
    for key in ("dtype", "torch_dtype"):
        dtype = kwargs.pop(key, None)
        if dtype is not None and str(dtype) != "auto" and not is_float32(dtype):
            raise ValueError(
                f'{key} is {dtype!r}, expected float32 or "auto"; precision says '
                "what is computed in"
            )
    for key in _OTHER_MODELS:
        if kwargs.pop(key, None):
            raise ValueError(
                f"from_pretrained() does not take {key}; weights names a file in "
                "Hugging Face's formats, and precision says what is computed in"
            )
    return {k: v for k, v in kwargs.items() if k not in _WITHOUT_EFFECT_ON_MODELS}


def check_saving_arguments(kwargs: Dict[str, Any]) -> None:
    """Raises ValueError for arguments of transformers' save_pretrained that ask
    for other files than are written here, TypeError for what is none of them."""
    for key, value in kwargs.items():
        if key in _WITHOUT_EFFECT_ON_FILES:
            continue
        if key not in _SAVING:
            raise TypeError(
                f"save_pretrained() got an unexpected keyword argument {key!r}"
            )
        if not any(value is same for same in _SAVING[key]):
            raise ValueError(
                f"{key} is {value!r}, expected {_SAVING[key][0]}: save_pretrained() "
                "writes all that the model has into a folder, and uploads nothing"
            )


def weights_in(folder: str, from_tf: bool, use_safetensors: Optional[bool]) -> str:
    """The file of weights in a model folder that these arguments ask for, or the
    folder if they leave it open.  Raises OSError if there is none."""
    if from_tf:
        name = "tf_model.h5"
    elif use_safetensors is None:
        return folder
    else:
        name = "model.safetensors" if use_safetensors else "pytorch_model.bin"
    # Where there are several files, an index lists them.
    for file in (name, f"{name}.index.json"):
        path = os.path.join(folder, file)
        if os.path.isfile(path):
            return path
    raise OSError(
        f"{folder}: has no {name}, which from_tf or use_safetensors asks for; weights "
        "names a file"
    )
