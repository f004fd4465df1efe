# How lit runs the tests: what is a test, and what a RUN line may say.
#
#   cvt-opt cvt-compile cvt-run   the tools of this build
#   FileCheck count not split-file
#                                 LLVM's helpers
#   %models                       the folder test/models
#   %examples                     the folder of the example programs
#   %python                       the interpreter of the build
#   %perturbed-model NAME DIR     writes the model NAME of
#                                 test/e2e/architectures.json as a Hugging Face
#                                 folder; needs `REQUIRES: hf`
#
# Feature: hf (PyTorch and transformers can be imported).
import os
import shlex
import subprocess

import lit.formats
from lit.llvm import llvm_config
from lit.llvm.subst import ToolSubst

config.name = "cvtc"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".test"]
config.excludes = ["e2e", "models", "reference", "unit", "Inputs"]
config.test_source_root = os.path.join(config.cvt_source_dir, "test")
config.test_exec_root = os.path.join(config.cvt_binary_dir, "test")

make_model = os.path.join(config.test_source_root, "e2e", "make_model.py")
# Tests share compiled kernels, and leave the user's alone.
config.environment["XDG_CACHE_HOME"] = os.path.join(
    config.cvt_binary_dir, "test-cache"
)
config.substitutions += [
    ("%models", os.path.join(config.test_source_root, "models")),
    ("%examples", os.path.join(config.cvt_binary_dir, "bin", "examples")),
    (
        "%perturbed-model",
        f"{shlex.quote(config.python)} {shlex.quote(make_model)}",
    ),
    ("%python", shlex.quote(config.python)),
]
llvm_config.add_tool_substitutions(
    [
        ToolSubst(name, unresolved="fatal")
        for name in ("cvt-opt", "cvt-compile", "cvt-run")
    ],
    [os.path.join(config.cvt_binary_dir, "bin")],
)
llvm_config.add_tool_substitutions(
    [
        ToolSubst(name, unresolved="fatal")
        for name in ("FileCheck", "count", "not", "split-file")
    ],
    [config.llvm_tools_dir],
)


def can_import(*modules):
    probe = (
        "import importlib.util, sys;"
        "sys.exit(not all(map(importlib.util.find_spec, sys.argv[1:])))"
    )
    command = [config.python, "-c", probe, *modules]
    return subprocess.run(command, check=False).returncode == 0


if can_import("torch", "transformers"):
    config.available_features.add("hf")
