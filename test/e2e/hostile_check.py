"""Files of weights that are made to do harm: refused in one sentence, nothing
of them executed, in bounded time and memory.

The unit tests of the frontend have more of them; here they go through the tool,
whose memory is measured.
"""

import json
import os
import pickle
import shutil
import struct
import sys
import zipfile

import support

FORMATS = support.SOURCE / "test" / "models" / "cvt-digits-formats"
# The most that any may take, well above what is read of an honest file.
MIB = 1024
SECONDS = 30
INSTRUCTIONS = 4 << 20


class Attack:
    """What a pickle does to who executes it: makes a folder."""

    def __init__(self, marker):
        self.marker = marker

    def __reduce__(self):
        return os.mkdir, (str(self.marker),)


def write_zip(path, content):
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("m/data.pkl", content)


def pickles(marker):
    """Pickles, in themselves or as a state dict in another dict."""
    attack = pickle.dumps(Attack(marker), protocol=2)
    yield "a call", attack
    for key in ("state_dict", "model"):
        state = {"epoch": 1, key: {"w": Attack(marker)}}
        yield f"a call in {key}", pickle.dumps(state, protocol=2)
    string = b"\x80\x02X" + struct.pack("<I", 0xFFFFFFFF) + b"."
    yield "a string of 4 GiB", string
    # 2^100000 values for who copies them.
    yield "a memo bomb", b"\x80\x02Nq\1" + b"h\1\x86q\1" * 100_000 + b"."
    state = b"\x80\x02}X\5\0\0\0modelNq\1" + b"h\1\x86q\1" * 100_000 + b"s."
    yield "a memo bomb in model", state
    yield "nothing but tuples", b"\x80\x02K\1" + b"\x85" * (INSTRUCTIONS - 2) + b"."
    yield "nothing but dicts", b"\x80\x02" + b"}" * INSTRUCTIONS + b"."
    yield "nothing but marks", b"\x80\x02" + b"(" * INSTRUCTIONS + b"."
    yield "64 MiB", b"\x80\x02" + bytes(64 << 20)


def files(folder, marker):
    for name, content in pickles(marker):
        write_zip(folder / "weights", content)
        yield name
    with zipfile.ZipFile(folder / "weights", "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("m/data.pkl", bytes(256 << 20))
    yield "a zip bomb"
    for original in ("microsoft.pth", "pytorch_model.bin", "tf_model.h5"):
        whole = (FORMATS / original).read_bytes()
        for length in (0, 3, 30, len(whole) // 2, len(whole) - 1):
            (folder / "weights").write_bytes(whole[:length])
            yield f"{length} bytes of {original}"
    header = json.dumps({"w": {"dtype": "F32", "shape": [1 << 61]}}).encode()
    length = struct.pack("<Q", 100_000_000)
    (folder / "weights").write_bytes(length + header)
    yield "a long safetensors header"
    sizes = {"dtype": "F32", "shape": [1 << 61], "data_offsets": [0, 1 << 63]}
    header = json.dumps({"w": sizes}).encode()
    (folder / "weights").write_bytes(struct.pack("<Q", len(header)) + header)
    yield "a large safetensors tensor"


def main():
    options = support.argument_parser(__doc__.splitlines()[0]).parse_args()
    checks = support.Checks()
    tools = support.Tools(options.build, "hostile")
    folder = tools.work / "model"
    folder.mkdir()
    for file in ("config.json", "preprocessor_config.json"):
        shutil.copy(support.DIGITS / file, folder)
    marker = tools.work / "executed"
    for name in files(folder, marker):
        result = support.run(
            *(tools.cvt_compile, folder, f"--weights={folder / 'weights'}"),
            *("-o", tools.work / "model.cvt"),
        )
        checks.check(
            name,
            result.code == 3
            and len(result.err.splitlines()) == 1
            and "weights: " in result.err
            and not marker.exists()
            and result.peak_mib < MIB
            and result.seconds < SECONDS,
            f"{result.summary()} ({result.peak_mib:.0f} MiB, {result.seconds:.1f} s)",
        )
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
