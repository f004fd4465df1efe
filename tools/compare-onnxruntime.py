#!/usr/bin/env python3
"""Measures a compiled CvT against ONNX Runtime on the same weights.

    .venv/bin/python tools/compare-onnxruntime.py [--batch=1] [--threads=2]

Both run in this process through their C libraries, on the same input buffer,
in alternating rounds, so that whatever else the machine does meets both alike.
The ratio of a round is ours over ONNX Runtime's: below 1 we are faster.
"""

import argparse
import ctypes
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np
import onnxruntime
import torch

SOURCE = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(SOURCE / "test" / "e2e"))
import make_model  # noqa: E402

# Threads of either library may spin for a while after a run: let them sleep
# before the other one is measured.
PAUSE_SECONDS = 0.2
WARM_UP = 3


class SessionOptions(ctypes.Structure):
    """cvt_session_options of runtime/include/cvt/cvt.h."""

    _fields_ = [
        ("struct_bytes", ctypes.c_size_t),
        ("threads", ctypes.c_int32),
        ("max_batch", ctypes.c_int64),
    ]


class CompiledModel:
    """A session of libcvt.so, for a model whose only output is its logits."""

    def __init__(self, library, artifact, threads, batch):
        self.cvt = ctypes.CDLL(str(library))
        for name in (
            "cvt_model_open",
            "cvt_session_create",
            "cvt_session_run",
        ):
            getattr(self.cvt, name).restype = ctypes.c_void_p
        self.cvt.cvt_status_message.restype = ctypes.c_char_p
        self.model = ctypes.c_void_p()
        self.session = ctypes.c_void_p()
        path = str(artifact).encode()
        self._check(
            self.cvt.cvt_model_open(path, None, ctypes.byref(self.model))
        )
        options = SessionOptions(ctypes.sizeof(SessionOptions), threads, batch)
        self._check(
            self.cvt.cvt_session_create(
                self.model, ctypes.byref(options), ctypes.byref(self.session)
            )
        )

    def _check(self, status):
        if status:
            message = self.cvt.cvt_status_message(ctypes.c_void_p(status))
            raise RuntimeError(message.decode())

    def prepare(self, pixel_values, classes):
        """Returns a function that runs the model once, and its output."""
        logits = np.empty((len(pixel_values), classes), np.float32)
        outputs = (ctypes.c_void_p * 1)(logits.ctypes.data)
        arguments = (
            self.session,
            ctypes.c_void_p(pixel_values.ctypes.data),
            ctypes.c_int64(len(pixel_values)),
            outputs,
        )
        return lambda: self._check(self.cvt.cvt_session_run(*arguments)), logits


class OnnxModel:
    """ONNX Runtime, with buffers bound once, as ours has them."""

    def __init__(self, path, threads):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"]
        )

    def prepare(self, pixel_values, classes):
        logits = np.empty((len(pixel_values), classes), np.float32)
        binding = self.session.io_binding()
        for bind, name, array in (
            (binding.bind_input, "pixel_values", pixel_values),
            (binding.bind_output, "logits", logits),
        ):
            bind(name, "cpu", 0, np.float32, array.shape, array.ctypes.data)
        return lambda: self.session.run_with_iobinding(binding), logits


def compile_model(build, folder, artifact, size, batch):
    subprocess.run(
        [
            *(build / "bin" / "cvt-compile", folder, "-o", artifact),
            *(f"--max-batch={batch}", f"--image-size={size[0]}x{size[1]}"),
        ],
        check=True,
    )


def export_onnx(model, pixel_values, path):
    torch.onnx.export(
        model,
        (torch.from_numpy(pixel_values),),
        str(path),
        input_names=["pixel_values"],
        output_names=["logits"],
        opset_version=17,
        dynamo=False,
    )


def milliseconds(run, iterations):
    """How long each of some runs took, after a pause and a warm-up."""
    time.sleep(PAUSE_SECONDS)
    for _ in range(WARM_UP):
        run()
    times = []
    for _ in range(iterations):
        started = time.perf_counter()
        run()
        times.append(1000 * (time.perf_counter() - started))
    return times


def measure(ours, theirs, rounds, iterations):
    """One entry a round.  Who goes first alternates."""
    results = []
    for index in range(rounds):
        order = [("cvt", ours), ("onnxruntime", theirs)]
        times = {
            name: milliseconds(run, iterations)
            for name, run in (order if index % 2 == 0 else reversed(order))
        }
        medians = {name: statistics.median(t) for name, t in times.items()}
        results.append(
            {
                "cvt_ms": medians["cvt"],
                "onnxruntime_ms": medians["onnxruntime"],
                "ratio": medians["cvt"] / medians["onnxruntime"],
            }
        )
    return results


def summarize(results):
    return {
        key: statistics.median(result[key] for result in results)
        for key in ("cvt_ms", "onnxruntime_ms", "ratio")
    }


def print_table(results, median):
    print(f"{'round':>6}  {'cvt ms':>8}  {'ONNX Runtime ms':>15}  {'ratio':>6}")
    for name, row in [*enumerate(results, 1), ("median", median)]:
        print(
            f"{name:>6}  {row['cvt_ms']:8.2f}  {row['onnxruntime_ms']:15.2f}"
            f"  {row['ratio']:6.3f}"
        )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=pathlib.Path, default=SOURCE / "build")
    parser.add_argument("--architecture", default="cvt-13")
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--iterations", type=int, default=30)
    parser.add_argument("--json", action="store_true", help="one JSON object")
    options = parser.parse_args()

    architecture = make_model.ARCHITECTURES[options.architecture]
    model = make_model.build(architecture)
    classes = model.config.num_labels
    size = architecture["image_size"]
    shape = (options.batch, model.config.num_channels, *size)
    pixel_values = np.random.default_rng(1).standard_normal(shape, np.float32)

    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        make_model.write(model, folder / "model")
        compile_model(
            options.build, folder / "model", folder / "cvt", size, options.batch
        )
        export_onnx(model, pixel_values, folder / "onnx")
        library = options.build / "lib" / "libcvt.so"
        ours = CompiledModel(
            library, folder / "cvt", options.threads, options.batch
        )
        theirs = OnnxModel(folder / "onnx", options.threads)
    run_ours, our_logits = ours.prepare(pixel_values, classes)
    run_theirs, their_logits = theirs.prepare(pixel_values, classes)

    results = measure(run_ours, run_theirs, options.rounds, options.iterations)
    median = summarize(results)
    difference = float(
        np.abs(our_logits - their_logits).max() / np.abs(their_logits).max()
    )
    if options.json:
        print(
            json.dumps(
                {
                    "architecture": options.architecture,
                    "batch": options.batch,
                    "threads": options.threads,
                    "rounds": results,
                    "median": median,
                    "relative_difference": difference,
                }
            )
        )
    else:
        print(
            f"{options.architecture}, batch {options.batch},"
            f" {options.threads} threads; medians of {options.iterations} runs;"
            f" outputs differ by {difference:.1e} of the largest"
        )
        print_table(results, median)


if __name__ == "__main__":
    main()
