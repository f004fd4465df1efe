"""Hugging Face's model in PyTorch: eager, and in bf16 with autocast."""

import models

PRECISIONS = ("f32", "bf16")


def prepare(model, setup):
    if setup.isa != "native":
        raise models.NotAvailable("is not held to an instruction set")


def environment(setup):
    return {"OMP_NUM_THREADS": str(setup.threads)}


def load(model, setup, pixel_values):
    import torch

    torch.set_num_threads(setup.threads)
    torch.set_num_interop_threads(1)
    network = model.load()
    pixels = torch.from_numpy(pixel_values)
    half = setup.precision == "bf16"

    @torch.inference_mode()
    def run():
        with torch.autocast("cpu", torch.bfloat16, enabled=half):
            return network(pixels).logits.float().numpy()

    return run, {"capability": torch.backends.cpu.get_cpu_capability()}
