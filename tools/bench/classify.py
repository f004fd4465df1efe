"""A picture's label with Python and a peer, as a small program would do it.

classify.py PEER MODEL PICTURE SIZE THREADS CACHE
"""

import sys

import numpy as np
from PIL import Image

MEAN = np.array([0.485, 0.456, 0.406], np.float32)
STD = np.array([0.229, 0.224, 0.225], np.float32)


def read_pixel_values(path, size):
    with Image.open(path) as picture:
        resized = picture.convert("RGB").resize((size, size), Image.BICUBIC)
    values = (np.asarray(resized, np.float32) / 255 - MEAN) / STD
    return np.ascontiguousarray(values.transpose(2, 0, 1)[None])


def run_onnxruntime(path, pixel_values, threads, _cache):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.add_free_dimension_override_by_name("batch", 1)
    session = onnxruntime.InferenceSession(
        path, options, providers=["CPUExecutionProvider"]
    )
    return session.run(None, {"pixel_values": pixel_values})[0]


def run_openvino(path, pixel_values, threads, cache):
    import openvino

    settings = {
        "CACHE_DIR": cache,
        "INFERENCE_PRECISION_HINT": "f32",
        "INFERENCE_NUM_THREADS": threads,
        "NUM_STREAMS": 1,
        "PERFORMANCE_HINT": "LATENCY",
    }
    compiled = openvino.Core().compile_model(path, "CPU", settings)
    return compiled(pixel_values)[0]


def main():
    peer, path, picture, size, threads, cache = sys.argv[1:]
    run = {"onnxruntime": run_onnxruntime, "openvino": run_openvino}[peer]
    logits = run(path, read_pixel_values(picture, int(size)), int(threads), cache)
    print(f"{picture}: LABEL_{logits[0].argmax()}")


if __name__ == "__main__":
    main()
