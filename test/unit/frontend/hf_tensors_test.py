"""Compares the frontend with transformers: tensor names, shapes and initial
values, labels, map sizes, config and processor.

    hf_tensors_test.py CVT_FRONTEND_DUMP

Exit code 77 where torch or transformers are not installed.
"""

import json
import math
import pathlib
import subprocess
import sys
import tempfile

try:
    import torch
    import transformers
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)

transformers.logging.set_verbosity_error()
torch.set_num_threads(1)

TWO = dict(
    embed_dim=[24, 40],
    num_heads=[3, 5],
    depth=[1, 2],
    patch_sizes=[5, 2],
    patch_stride=[3, 2],
    patch_padding=[2, 0],
    mlp_ratio=[2.3, 1.7],
    cls_token=[False, True],
    drop_path_rate=[0.0, 0.0],
)
SMALL = dict(embed_dim=[16, 32, 64], num_heads=[1, 2, 4], depth=[1, 2, 3])
# Arguments of CvtConfig, and whether the class is the bare model.
CASES = {
    "default": (dict(), False),
    "digits": (dict(SMALL, num_labels=10), False),
    "bare": (SMALL, True),
    "two stages": (dict(TWO, num_labels=1), False),
    "no labels": (dict(TWO, num_labels=0), False),
    "no class token": (dict(SMALL, cls_token=[False] * 3), False),
    "early class token": (
        dict(SMALL, embed_dim=[64, 32, 64], cls_token=[True, False, False]),
        False,
    ),
    "no qkv bias": (dict(SMALL, qkv_bias=[False, True, False]), False),
    "kernels": (
        dict(SMALL, kernel_qkv=[5, 1, 3], padding_q=[2, 0, 1], stride_kv=[3, 1, 2]),
        False,
    ),
    "five channels": (dict(SMALL, num_channels=5), False),
    "one stage": (
        dict(embed_dim=[8], num_heads=[2], depth=[1], cls_token=[True]),
        False,
    ),
    "no layers": (dict(SMALL, depth=[0, 0, 0]), False),
    "four ratios": (dict(SMALL, mlp_ratio=[4.0, 4.0, 4.0, 4.0]), False),
    "avg": (dict(SMALL, qkv_projection_method=["avg", "dw_bn", "avg"]), False),
    "linear": (dict(SMALL, qkv_projection_method=["linear"] * 3), False),
    "names": (dict(SMALL, id2label={"2": "c", "0": "a", "7": "x"}), False),
}
HEIGHT, WIDTH = 67, 96
INITS = ("truncated normal", "zeros", "ones")


def initial_value(tensor, deviation):
    """Which of INITS a fresh parameter is."""
    if torch.all(tensor == 0):
        return "zeros"
    if torch.all(tensor == 1):
        return "ones"
    # Six standard errors; any other common initialisation is further off.
    found = tensor.float().square().mean().sqrt().item()
    tolerance = 6 * deviation / math.sqrt(2 * tensor.numel())
    return "truncated normal" if abs(found - deviation) < tolerance else str(found)


def map_sizes(config):
    """Map sizes of the stages, and of their keys, by running torch's layers."""
    image = torch.zeros(1, 1, HEIGHT, WIDTH)
    maps, kv_maps = [], []
    for i, depth in enumerate(config.depth):
        image = torch.nn.functional.conv2d(
            image,
            torch.zeros(1, 1, config.patch_sizes[i], config.patch_sizes[i]),
            stride=config.patch_stride[i],
            padding=config.patch_padding[i],
        )
        window = (config.kernel_qkv[i], config.stride_kv[i], config.padding_kv[i])
        method = config.qkv_projection_method[i] if depth else "linear"
        keys = image
        if method == "avg":
            keys = torch.nn.AvgPool2d(*window, ceil_mode=True)(image)
        elif method == "dw_bn":
            keys = torch.nn.Conv2d(1, 1, *window)(image)
        maps.append(list(image.shape[2:]))
        kv_maps.append(list(keys.shape[2:]))
    return maps, kv_maps


def differences(dump, arguments, bare):
    """Yields what the frontend sees otherwise than transformers."""
    config = transformers.CvtConfig(**arguments)
    config.architectures = ["CvtModel" if bare else "CvtForImageClassification"]
    # So small a deviation tells the initialisation from torch's own.
    config.initializer_range = 0.003
    torch.manual_seed(1)
    kind = transformers.CvtModel if bare else transformers.CvtForImageClassification
    model = kind(config)
    processor = transformers.ConvNextImageProcessor()
    with tempfile.TemporaryDirectory() as folder:
        config.save_pretrained(folder)
        path = pathlib.Path(folder) / "preprocessor_config.json"
        path.write_text("{}")
        done = subprocess.run(
            [dump, folder, str(HEIGHT), str(WIDTH)], capture_output=True, text=True
        )
    if done.returncode:
        yield f"exit code {done.returncode}: {done.stderr.strip()}"
        return
    found = json.loads(done.stdout)

    state = {
        name: tensor
        for name, tensor in model.state_dict().items()
        if not name.endswith(".num_batches_tracked")
    }
    for name in sorted(state.keys() ^ found["tensors"].keys()):
        yield f"{name} is only in {'transformers' if name in state else 'ours'}"
    for name in state.keys() & found["tensors"].keys():
        shape, init = found["tensors"][name]["shape"], found["tensors"][name]["init"]
        if shape != list(state[name].shape):
            yield f"{name}: {shape}, not {list(state[name].shape)}"
        expected = initial_value(state[name], config.initializer_range)
        if INITS[init] != expected:
            yield f"{name}: {INITS[init]}, not {expected}"

    count = config.num_labels
    labels = [config.id2label.get(i, f"LABEL_{i}") for i in range(count)]
    if found["labels"] != labels:
        yield f"labels {found['labels']}, not {labels}"
    if (found["maps"], found["kv_maps"]) != map_sizes(config):
        yield f"maps {found['maps']} {found['kv_maps']}, not {map_sizes(config)}"
    stages = len(config.embed_dim)
    for key, value in found["config"].items():
        expected = getattr(config, key, None)
        if isinstance(expected, list) and key != "architectures":
            expected = expected[:stages]
        if key != "id2label" and value != expected:
            yield f"{key}: {value}, not {expected}"
    for key, value in found["processor"].items():
        expected = getattr(processor, key)
        if key == "size":
            expected = expected["shortest_edge"]
        if value != expected:
            yield f"{key}: {value}, not {expected}"


def main():
    failed = 0
    for name, (arguments, bare) in CASES.items():
        for difference in differences(sys.argv[1], arguments, bare):
            print(f"{name}: {difference}")
            failed += 1
    print(f"{len(CASES)} configs compared, {failed} differences")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
