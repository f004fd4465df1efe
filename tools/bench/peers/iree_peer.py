"""IREE's CPU backend, from the ONNX file."""

import pathlib
import subprocess
import sys

import models

PRECISIONS = ("f32",)
# Data tiling makes it more than twice as fast here; without the last one it
# then refuses to compile.
FLAGS = (
    "--iree-hal-target-device=local",
    "--iree-hal-local-target-device-backends=llvm-cpu",
    "--iree-llvmcpu-target-cpu=host",
    "--iree-opt-level=O3",
    "--iree-opt-data-tiling",
    "--iree-llvmcpu-stack-allocation-limit=262144",
)


def compiled(model, setup):
    return model.folder / f"iree-batch{setup.batch}.vmfb"


def parameters(model, setup):
    return compiled(model, setup).with_suffix(".irpa")


def prepare(model, setup):
    if setup.isa != "native":
        raise models.NotAvailable("is not held to an instruction set")
    tools = pathlib.Path(sys.executable).parent
    if not (tools / "iree-compile").exists():
        raise models.NotAvailable("is not installed")
    target = compiled(model, setup)
    if target.exists():
        return
    models.make_onnx(model)
    fixed, module = target.with_suffix(".onnx"), target.with_suffix(".mlir")
    fix_batch(model, setup.batch, fixed)
    call(
        *(tools / "iree-import-onnx", fixed, "-o", module),
        *("--externalize-params", "--save-params-to", parameters(model, setup)),
    )
    beside = target.with_suffix(".part")
    call(tools / "iree-compile", module, *FLAGS, "-o", beside)
    beside.rename(target)
    fixed.unlink()
    module.unlink()


def fix_batch(model, batch, path):
    import onnx
    from onnx.tools import update_model_dims

    network = update_model_dims.update_inputs_outputs_dims(
        onnx.load(model.onnx),
        {"pixel_values": [batch, 3, *model.image_size]},
        {"logits": [batch, model.classes]},
    )
    onnx.save(network, path)


def call(*command):
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        lines = [line for line in result.stderr.splitlines() if "error" in line]
        raise models.NotAvailable((lines or [f"{command[0].name} failed"])[0])


def environment(setup):
    return {}


def load(model, setup, pixel_values):
    from iree import runtime

    runtime.flags.parse_flags(f"--task_topology_group_count={setup.threads}")
    config = runtime.Config("local-task")
    index = runtime.ParameterIndex()
    index.load(str(parameters(model, setup)))
    modules = runtime.load_vm_modules(
        runtime.create_io_parameters_module(
            config.vm_instance, index.create_provider("model")
        ),
        runtime.create_hal_module(config.vm_instance, config.device),
        runtime.VmModule.mmap(config.vm_instance, str(compiled(model, setup))),
        config=config,
    )
    # The network's function has ONNX's name of it.
    names = modules[-1].vm_module.function_names
    function = modules[-1][next(name for name in names if "$async" not in name)]
    pixels = runtime.asdevicearray(config.device, pixel_values)
    return lambda: function(pixels).to_host(), {"functions": list(names)}
