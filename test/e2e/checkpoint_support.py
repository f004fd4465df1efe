"""What the checks of checkpoints share: model folders made from the demo model,
safetensors files as arrays, and what --emit=safetensors makes of a model."""

import json
import pathlib
import shutil

import numpy as np

import support


class Models:
    """Model folders made from the demo model."""

    def __init__(self, work):
        self.work = work

    def folder(self, name, **config):
        """A new folder with config and processor, and no weights."""
        folder = self.work / name
        folder.mkdir(parents=True)
        shutil.copy(support.DIGITS / "preprocessor_config.json", folder)
        original = json.loads((support.DIGITS / "config.json").read_text())
        (folder / "config.json").write_text(json.dumps(original | config))
        return folder


def read_tensors(path):
    """A safetensors file as arrays, and its metadata."""
    raw = pathlib.Path(path).read_bytes()
    length = int.from_bytes(raw[:8], "little")
    header = json.loads(raw[8 : 8 + length])
    metadata = header.pop("__metadata__", None)
    types = {"F32": "<f4", "F16": "<f2", "I64": "<i8"}
    tensors = {}
    for name, entry in header.items():
        first, last = (8 + length + offset for offset in entry["data_offsets"])
        values = np.frombuffer(raw[first:last], types[entry["dtype"]])
        tensors[name] = values.reshape(entry["shape"])
    return tensors, metadata


def write_tensors(path, tensors):
    header, offset = {}, 0
    types = {"float32": "F32", "float16": "F16", "int64": "I64"}
    for name, values in tensors.items():
        header[name] = {
            "dtype": types[values.dtype.name],
            "shape": values.shape,
            "data_offsets": [offset, offset + values.nbytes],
        }
        offset += values.nbytes
    text = json.dumps(header).encode()
    content = b"".join(values.tobytes() for values in tensors.values())
    path.write_bytes(len(text).to_bytes(8, "little") + text + content)


class CheckpointChecks:
    """Ways to compile a model and to check what came of it."""

    def __init__(self, checks, tools):
        self.checks = checks
        self.tools = tools
        self.models = Models(tools.work)
        self.tensors, _ = read_tensors(support.DIGITS / "model.safetensors")
        self.emitted = tools.work / "emitted.safetensors"

    def compile(self, model, *flags, output=None, env=None):
        return support.run(
            *(self.tools.cvt_compile, model, *flags),
            *("-o", output or self.tools.work / "model.cvt"),
            env=env,
        )

    def emit(self, name, model, *flags, env=None):
        """The tensors of a model that --emit=safetensors writes, or None."""
        self.emitted.unlink(missing_ok=True)
        result = self.compile(
            *(model, "--emit=safetensors", *flags), output=self.emitted, env=env
        )
        if not self.checks.check(name, result.code == 0, result.summary()):
            return None
        return read_tensors(self.emitted)[0]

    def check_emitted(self, name, expected, model, *flags, counters=True, env=None):
        found = self.emit(name, model, *flags, env=env)
        if found is None:
            return
        if not counters:
            expected = {
                key: value * 0 if value.dtype == np.int64 else value
                for key, value in expected.items()
            }
        same = found.keys() == expected.keys() and all(
            found[key].dtype == value.dtype and np.array_equal(found[key], value)
            for key, value in expected.items()
        )
        self.checks.check(f"{name}: tensors", same)

    def check_refused(self, name, words, model, *flags, env=None):
        result = self.compile(model, *flags, env=env)
        self.checks.check(
            name,
            result.code == 3
            and len(result.err.splitlines()) == 1
            and all(word in result.err for word in words),
            result.summary(),
        )
