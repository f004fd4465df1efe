"""OpenVINO's CPU plugin: f32, bf16, and int8 quantised by NNCF."""

import collections

import models

PRECISIONS = ("f32", "bf16", "int8")
# What the plugin calls the precision in which it ran a node.
RUN_AS = {"f32": ("f32",), "bf16": ("bf16",), "int8": ("i8", "u8")}
# int8: what is not quantised stays in f32, OpenVINO's default without bf16.
HINTS = {"f32": "f32", "bf16": "bf16", "int8": "bf16"}
MATRIX_LAYERS = ("FullyConnected", "MatMul", "Convolution")


def prepare(model, setup):
    models.make_onnx(model)
    if setup.precision == "int8":
        models.make_openvino_int8(model)


def environment(setup):
    if setup.isa == "native":
        return {}
    # The first holds oneDNN, the second the plugin's own kernels.  What MLAS
    # (gemm_mlas) uses, neither decides.
    return {"ONEDNN_MAX_CPU_ISA": "AVX2", "OV_CPU_MAX_ISA": "AVX2"}


def load(model, setup, pixel_values):
    import openvino

    core = openvino.Core()
    path = model.openvino_int8 if setup.precision == "int8" else model.onnx
    network = core.read_model(path)
    network.reshape(list(pixel_values.shape))
    compiled = core.compile_model(
        network,
        "CPU",
        {
            "INFERENCE_PRECISION_HINT": HINTS[setup.precision],
            "INFERENCE_NUM_THREADS": setup.threads,
            "NUM_STREAMS": 1,
            "PERFORMANCE_HINT": "LATENCY",
        },
    )
    facts = describe(compiled)
    check(facts, setup)
    request = compiled.create_infer_request()
    request.set_input_tensor(openvino.Tensor(pixel_values, shared_memory=True))

    def run():
        request.infer()
        return request.get_output_tensor(0).data

    return run, facts


def describe(compiled):
    """What the plugin says it runs: matrix layers by precision, and all nodes
    by the implementation they got."""
    precisions = collections.Counter()
    primitives = collections.Counter()
    for node in compiled.get_runtime_model().get_ordered_ops():
        facts = node.get_rt_info()
        if facts["layerType"].astype(str) in MATRIX_LAYERS:
            precisions[facts["runtimePrecision"].astype(str)] += 1
        primitive = facts["primitiveType"].astype(str)
        if not primitive.startswith("unknown"):
            primitives[primitive] += 1
    return {
        "threads": compiled.get_property("INFERENCE_NUM_THREADS"),
        "matrix_layers": dict(precisions.most_common()),
        "primitives": dict(primitives.most_common()),
    }


def check(facts, setup):
    """Nobody shall compare with something else than what was asked for."""
    layers = facts["matrix_layers"]
    as_asked = sum(layers.get(name, 0) for name in RUN_AS[setup.precision])
    if 2 * as_asked < sum(layers.values()):
        raise models.NotAvailable(f"ran its matrix layers as {layers}")
    wide = [name for name in facts["primitives"] if "avx512" in name]
    if setup.isa == "avx2" and wide:
        raise models.NotAvailable(f"is not held to AVX2: {', '.join(wide)}")
