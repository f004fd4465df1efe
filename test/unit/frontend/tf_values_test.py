"""Files as TensorFlow's classes save them, read by the frontend and by h5py:
the same values under PyTorch's names, and one sentence for broken ones.

    tf_values_test.py CVT_CHECKPOINT_DUMP

Exit code 77 where h5py is not installed.
"""

import json
import os
import pathlib
import struct
import subprocess
import sys
import tempfile

try:
    import h5py
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)
import numpy as np

MODELS = pathlib.Path(__file__).resolve().parents[2] / "models"
TYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2"}
KERNEL = "cvt/model/cvt/encoder/stages.0/layers.0/output/dense/kernel:0"


class Frontend:
    def __init__(self, program, folder):
        self.program = program
        self.file = folder / "tf_model.h5"

    def dump(self):
        return subprocess.run(
            [self.program, self.file.parent],
            # libhdf5 loses a little memory to some damaged files.
            env={**os.environ, "ASAN_OPTIONS": "detect_leaks=0"},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    def read(self):
        """What the frontend finds, as arrays."""
        result = self.dump()
        assert result.returncode == 0, result.stderr
        assert not result.stderr, result.stderr
        raw = self.file.read_bytes()
        tensors = {}
        for name, entry in json.loads(result.stdout).items():
            if entry["type"] not in TYPES:
                continue
            first, shape, axes = entry["offset"], entry["shape"], entry["axes"]
            values = np.frombuffer(
                raw[first : first + entry["bytes"]], TYPES[entry["type"]]
            )
            if axes:
                stored = [shape[axes.index(i)] for i in range(len(axes))]
                values = values.reshape(stored).transpose(axes)
            tensors[name] = values.reshape(shape)
        return tensors

    def expect(self, *words):
        """One sentence that names the file and holds these words."""
        result = self.dump()
        assert result.returncode == 3, (words, result)
        assert len(result.stderr.splitlines()) == 1, result.stderr
        for word in ("tf_model.h5: ", *words):
            assert word in result.stderr, (word, result.stderr)


def check_digits(frontend):
    """A whole model, against h5py and against the same model of PyTorch."""
    original = MODELS / "cvt-digits-formats" / "tf_model.h5"
    frontend.file.write_bytes(original.read_bytes())
    found = frontend.read()
    raw = (MODELS / "cvt-digits" / "model.safetensors").read_bytes()
    length = int.from_bytes(raw[:8], "little")
    header = json.loads(raw[8 : 8 + length])
    header.pop("__metadata__", None)
    names = {name for name in header if not name.endswith("num_batches_tracked")}
    token = "cvt.encoder.stages.2.cls_token"
    found[token] = found.pop("cvt.encoder.cls_token")
    assert found.keys() == names, found.keys() ^ names
    for name in names:
        first, last = (8 + length + i for i in header[name]["data_offsets"])
        expected = np.frombuffer(raw[first:last], "<f4")
        expected = expected.reshape(header[name]["shape"])
        assert np.array_equal(found[name], expected), name


def check_values(frontend):
    """Other types, sizes and names, and both generations of the format."""
    numbers = np.random.default_rng(0)
    dense = numbers.standard_normal((5, 7)).astype("<f2")
    conv = numbers.standard_normal((3, 2, 4, 6))
    depthwise = numbers.standard_normal((3, 3, 1, 6)).astype("<f4")
    three = numbers.standard_normal(3).astype("<f4")
    token = numbers.standard_normal((1, 1, 4)).astype("<f4")
    arrays = {
        KERNEL: dense,
        "cvt/model_1/cvt/encoder/a/kernel:0": conv,
        "cvt/model_1/cvt/encoder/b/kernel:0": depthwise,
        "cvt/model_1/cvt/encoder/norm/gamma:0": three,
        "cvt/model_1/cvt/encoder/norm/beta:0": three + 1,
        "cvt/model_1/cvt/encoder/norm/moving_mean:0": three + 2,
        "cvt/model_1/cvt/encoder/norm/moving_variance:0": np.float32(2.5),
        "cvt/cvt.encoder.stages.2.cls_token:0": token,
        "classifier/m/classifier/bias:0": np.zeros(0, "<f4"),
        "layernorm/m/layernorm/odd:0": three,
        "steps": np.int64(3),
    }
    expected = {
        "cvt.encoder.stages.0.layers.0.output.dense.weight": dense.T,
        "cvt.encoder.a.weight": conv.transpose(3, 2, 0, 1),
        "cvt.encoder.b.weight": depthwise.transpose(3, 2, 0, 1),
        "cvt.encoder.norm.weight": three,
        "cvt.encoder.norm.bias": three + 1,
        "cvt.encoder.norm.running_mean": three + 2,
        "cvt.encoder.norm.running_var": np.float32(2.5),
        "cvt.encoder.cls_token": token,
        "classifier.bias": np.zeros(0),
        "layernorm.odd:0": three,
    }
    for version in ("earliest", "latest"):
        with h5py.File(frontend.file, "w", libver=version) as file:
            for path, values in arrays.items():
                file[path] = values
            file.create_group("top_level_model_weights")
        found = frontend.read()
        assert found.keys() == expected.keys(), found.keys() ^ expected.keys()
        for name, values in expected.items():
            assert found[name].shape == np.shape(values), name
            assert np.array_equal(found[name], values), name


def check_broken_bytes(frontend):
    """A file cut at any length, and one whose values end behind its end."""
    values = np.arange(1000, dtype="<f4")
    with h5py.File(frontend.file, "w") as file:
        file["a/b/kernel:0"] = values
        offset = file["a/b/kernel:0"].id.get_offset()
    whole = frontend.file.read_bytes()
    for length in (*range(0, 100, 7), *range(100, len(whole), 251)):
        frontend.file.write_bytes(whole[:length])
        frontend.expect("not a whole HDF5 file" if length >= 8 else "not a file of")
    frontend.file.write_bytes(whole[:-1])
    frontend.expect("not a whole HDF5 file: truncated file")

    place = struct.pack("<QQ", offset, values.nbytes)
    assert whole.count(place) == 1
    for wrong in (len(whole) - values.nbytes + 1, len(whole), 1 << 40, 1 << 62):
        broken = struct.pack("<QQ", wrong, values.nbytes)
        frontend.file.write_bytes(whole.replace(place, broken))
        frontend.expect("a/b/kernel:0 ")
    for byte in range(8, min(len(whole), 2048), 3):
        damaged = bytearray(whole)
        damaged[byte] ^= 0xFF
        frontend.file.write_bytes(damaged)
        result = frontend.dump()
        assert result.returncode in (0, 3), (byte, result)
        assert len(result.stderr.splitlines()) == (result.returncode == 3), byte


def check_refused(frontend):
    folder = frontend.file.parent
    outside = folder / "outside.bin"
    outside.write_bytes(bytes(40))

    def expect(build, *words, **options):
        with h5py.File(frontend.file, "w", **options) as file:
            build(file)
        frontend.expect(*words)

    ten = np.zeros(10, "<f4")
    expect(
        lambda file: file.create_dataset(
            "a/x", (10,), "<f4", external=[(str(outside), 0, 40)]
        ),
        "a/x has its values in another file",
    )
    expect(
        lambda file: file.create_dataset("a/x", data=ten, compression="gzip"),
        "a/x is in chunks or compressed",
    )
    expect(
        lambda file: file.create_dataset("a/x", data=ten, chunks=(5,)),
        "a/x is in chunks or compressed",
    )
    expect(
        lambda file: file.create_dataset("a/x", (10,), "<f4"), "a/x has no values"
    )
    expect(
        lambda file: file.create_dataset("a/x", data=h5py.Empty("<f4")),
        "a/x has no shape",
    )

    def loop(file):
        file["a/x"] = ten
        file["a/b"] = file["a"]

    expect(loop, "a/b is a group that has another name as well")

    def loop_to_root(file):
        file["a/b"] = file["/"]

    expect(loop_to_root, "a/b is a group that has another name as well")

    def soft_loop(file):
        file["a"] = h5py.SoftLink("/b")
        file["b"] = h5py.SoftLink("/a")

    expect(soft_loop, "a is a link to a place elsewhere")

    def external_link(file):
        file["a"] = h5py.ExternalLink(str(outside), "/")

    expect(external_link, "a is a link to a place elsewhere")
    expect(lambda file: file.create_group("/".join("a" * 70)), "groups deep")

    def twice(file):
        file["a/b/classifier/bias:0"] = ten
        file["c/classifier/bias:0"] = ten

    expect(twice, "c/classifier/bias:0 is a second variable for classifier.bias")
    expect(
        lambda file: file.create_dataset("x", data=ten),
        "is not a file of weights",
        userblock_size=512,
    )
    outside.unlink()


def main():
    with tempfile.TemporaryDirectory() as name:
        frontend = Frontend(sys.argv[1], pathlib.Path(name))
        check_digits(frontend)
        check_values(frontend)
        check_broken_bytes(frontend)
        check_refused(frontend)
    print("ok")


if __name__ == "__main__":
    main()
