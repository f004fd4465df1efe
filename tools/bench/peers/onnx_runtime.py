"""ONNX Runtime's CPU provider."""

import numpy as np

import models

PRECISIONS = ("f32",)


def prepare(model, setup):
    if setup.isa != "native":
        raise models.NotAvailable("is not held to an instruction set")
    models.make_onnx(model)


def environment(setup):
    return {}


def load(model, setup, pixel_values):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = setup.threads
    options.inter_op_num_threads = 1
    options.add_free_dimension_override_by_name("batch", setup.batch)
    session = onnxruntime.InferenceSession(
        str(model.onnx), options, providers=["CPUExecutionProvider"]
    )
    logits = np.empty((setup.batch, model.classes), np.float32)
    binding = session.io_binding()
    for bind, name, array in (
        (binding.bind_input, "pixel_values", pixel_values),
        (binding.bind_output, "logits", logits),
    ):
        bind(name, "cpu", 0, np.float32, array.shape, array.ctypes.data)

    def run():
        session.run_with_iobinding(binding)
        return logits

    return run, {"version": onnxruntime.__version__}
