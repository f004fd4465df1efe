"""Who can run a model, and how: one module for each peer.

A module has
  PRECISIONS                       what it can be asked for
  prepare(model, setup)            makes the files it loads, once; in the
                                   parent process, where nothing is measured
  environment(setup)               environment variables of its worker
  load(model, setup, pixel_values) in the worker: a pair of a function that
                                   runs once and returns the logits, and facts
                                   that show what really runs; pixel_values
                                   live as long as the worker
All of them raise NotAvailable where they cannot do as asked.  Buffers are
bound before time is taken where a peer's interface can do that.
"""

import dataclasses
import importlib

# By the name on the command line; the first is what others are compared with.
MODULES = {
    "cvt": "ours",
    "pytorch": "pytorch",
    "onnxruntime": "onnx_runtime",
    "openvino": "open_vino",
    "iree": "iree_peer",
}


@dataclasses.dataclass(frozen=True)
class Setup:
    """How a peer is asked to run."""

    precision: str  # f32, bf16 or int8
    batch: int
    threads: int
    isa: str  # native, or avx2: as if the CPU had no more


def find(name):
    return importlib.import_module(f"peers.{MODULES[name]}")
