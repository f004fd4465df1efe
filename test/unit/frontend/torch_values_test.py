"""Files of torch.save, read by the frontend and by torch.load: the same names,
types, shapes and values, and one sentence for what the frontend refuses.

    torch_values_test.py cvt-checkpoint-dump
"""

import collections
import json
import pathlib
import subprocess
import sys
import tempfile

try:
    import torch
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)

TYPES = {
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "I64": torch.int64,
    "I32": torch.int32,
    "I16": torch.int16,
    "I8": torch.int8,
    "U8": torch.uint8,
    "BOOL": torch.bool,
    "C64": torch.complex64,
    "C128": torch.complex128,
}


def dump(program, folder):
    return subprocess.run(
        [program, folder], capture_output=True, text=True, check=False
    )


def read(program, folder):
    """What the frontend finds, as tensors."""
    result = dump(program, folder)
    assert result.returncode == 0, result.stderr
    tensors = {}
    for name, entry in json.loads(result.stdout).items():
        with open(entry["file"], "rb") as file:
            file.seek(entry["offset"])
            raw = bytearray(file.read(entry["bytes"]))
        tensor = torch.empty(0, dtype=TYPES[entry["type"]])
        if raw:
            tensor = torch.frombuffer(raw, dtype=TYPES[entry["type"]])
        tensors[name] = tensor.reshape(entry["shape"])
    return tensors


def check_same(found, expected):
    assert found.keys() == expected.keys(), (found.keys(), expected.keys())
    for name, tensor in expected.items():
        assert found[name].dtype == tensor.dtype, name
        assert found[name].shape == tensor.shape, name
        assert torch.equal(found[name], tensor), name


def every_type():
    """A state dict with each type, views, scalars and shared storages."""
    numbers = torch.arange(-12, 12).reshape(2, 3, 4)
    state = {f"t.{name}": numbers.to(kind) for name, kind in TYPES.items()}
    base = torch.randn(4, 5, 6)
    state["view"] = base[2]
    state["other_view"] = base[3, 1:3]
    state["same"] = base
    state["scalar"] = torch.tensor(7.5)
    state["empty"] = torch.empty(0, 3)
    state["one"] = torch.randn(5, 5)[:, :1].reshape(5, 1).clone()[1:2].T
    state["parameter"] = torch.nn.Parameter(torch.randn(3))
    return state


def small_module():
    return torch.nn.Sequential(
        torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4), torch.nn.Linear(2, 2)
    )


def check_values(program, folder):
    file = folder / "pytorch_model.bin"
    module = small_module()
    state = module.state_dict()
    optimizer = torch.optim.AdamW(module.parameters())
    module(torch.randn(1, 3, 4, 4)).sum().backward()
    optimizer.step()
    parallel = collections.OrderedDict((f"module.{k}", v) for k, v in state.items())
    training = {"epoch": 3, "model": "cls_cvt", "perf": 81.6, "best": None}
    for saved, expected in (
        (every_type(), every_type),
        (state, state),
        (dict(state), state),
        ({"model": state}, state),
        ({"state_dict": parallel, "optimizer": optimizer.state_dict()}, state),
        ({**training, "state_dict": state, "step": 1 << 70}, state),
        ({str(i): torch.full((i,), i) for i in range(2000)}, None),
    ):
        torch.save(saved, file)
        loaded = torch.load(file, weights_only=True)
        if expected is state:
            loaded = state
        check_same(read(program, folder), loaded)


def check_shards(program, folder):
    """As save_pretrained writes them."""
    state = small_module().state_dict()
    names = list(state)
    (folder / "pytorch_model.bin").unlink()
    files = {}
    for number, part in enumerate((names[:3], names[3:]), 1):
        file = f"pytorch_model-{number:05}-of-00002.bin"
        torch.save({name: state[name] for name in part}, folder / file)
        files |= dict.fromkeys(part, file)
    index = {"metadata": {"total_size": 1}, "weight_map": files}
    (folder / "pytorch_model.bin.index.json").write_text(json.dumps(index))
    check_same(read(program, folder), state)


def check_refused(program, folder):
    file = folder / "pytorch_model.bin"

    def expect(*words):
        result = dump(program, folder)
        assert result.returncode == 3, (words, result.stdout)
        assert len(result.stderr.splitlines()) == 1, result.stderr
        for word in words:
            assert word in result.stderr, (word, result.stderr)

    state = small_module().state_dict()
    torch.save(state, file, _use_new_zipfile_serialization=False)
    expect("from before PyTorch 1.6", "torch.save(torch.load(FILE")
    torch.save({"w": torch.randn(2, 3, 4, 5).to(memory_format=torch.channels_last)},
               file)
    expect("tensor w has shape [2, 3, 4, 5] and strides [60, 1, 15, 3]",
           "contiguous")
    torch.save({"w": torch.randn(3, 1).expand(3, 4)}, file)
    expect("tensor w has shape [3, 4] and strides [1, 0]")
    torch.save({"w": torch.randn(3), "hook": subprocess.run}, file)
    expect("refers to commands.run")  # Python 2's name of subprocess.run
    torch.save(small_module(), file)
    expect("refers to torch.nn.modules.container.Sequential")
    torch.save(state, file, pickle_protocol=4)
    expect("protocol 4")
    torch.save(torch.randn(3), file)
    expect("holds no state dict")
    torch.save({"w": torch.randn(3).to_sparse()}, file)
    expect("refers to torch._utils._rebuild_sparse_tensor")


def main():
    program = sys.argv[1]
    torch.manual_seed(0)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        check_values(program, folder)
        check_refused(program, folder)
        check_shards(program, folder)
    print("ok")


if __name__ == "__main__":
    main()
