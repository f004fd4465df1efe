"""Writes a Hugging Face model folder with perturbed random weights.

    make_model.py NAME FOLDER [--seed=N] [--dtype=float32] [--shard-size=SIZE]

NAME is an entry of architectures.json beside this file, or the path of a JSON
file with such an entry: keys of CvtConfig, `image_size` as [H, W],
`activation_scale`, the size of what every norm is given (default 1): small
activations make a wrong epsilon visible; and `activation`, gelu if absent, which
no file that is written names: see compile_flags.

Plain initialisation hides mistakes: with zero biases, unit norms and tiny
weights, attention is uniform, and a wrong scale changes nothing that a
tolerance would see.  So here every bias, norm parameter, BatchNorm statistic
and class token is moved, and the weights are large enough for attention to
choose.
"""

import argparse
import json
import pathlib

import torch
from transformers import CvtConfig, CvtForImageClassification, CvtModel
from transformers.activations import ACT2FN
from transformers.models.cvt.modeling_cvt import (
    CvtIntermediate,
    CvtSelfAttention,
    CvtSelfAttentionProjection,
)

ARCHITECTURES = json.loads(
    (pathlib.Path(__file__).parent / "architectures.json").read_text()
)
DTYPES = ("float16", "bfloat16", "float32", "float64")


def build(architecture, seed=0):
    """The model of an architecture, in float32 and inference mode."""
    settings = dict(architecture)
    height, width = settings.pop("image_size")
    scale = settings.pop("activation_scale", 1.0)
    activation = settings.pop("activation", "gelu")
    names = settings.pop("architectures", ["CvtForImageClassification"])
    config = CvtConfig(**settings)
    config.image_size = height if height == width else [height, width]
    model_class = {
        "CvtForImageClassification": CvtForImageClassification,
        "CvtModel": CvtModel,
    }[names[0]]
    model = _construct(model_class, config)
    _repair_projections(model)
    _set_activation(model, activation)
    _perturb(model, torch.Generator().manual_seed(seed))
    _scale_activations(model, scale)
    return model.eval()


def compile_flags(architecture):
    """What cvt-compile is to be told beside the model's folder."""
    if "activation" not in architecture:
        return []
    return ["--activation=" + architecture["activation"]]


def _construct(model_class, config):
    """Hugging Face raises IndexError where depth[s] <= s: build such a stage
    deeper, and cut it."""
    depth = config.depth
    config.depth = [max(n, s + 1) for s, n in enumerate(depth)]
    model = model_class(config)
    config.depth = depth
    for stage, layers in zip(model.base_model.encoder.stages, depth):
        stage.layers = stage.layers[:layers]
    return model


def _repair_projections(model):
    """Hugging Face builds `avg` and `linear` projections without the module
    they call.  Gives them what the original code does: for `avg` an average
    pool for k and v; everything else passes unchanged."""
    config = model.config
    for index, stage in enumerate(model.base_model.encoder.stages):
        method = config.qkv_projection_method[index]
        if method == "dw_bn":
            continue
        for name, module in stage.named_modules():
            if not isinstance(module, CvtSelfAttentionProjection):
                continue
            if method == "avg" and not name.endswith("query"):
                module.convolution_projection = torch.nn.AvgPool2d(
                    config.kernel_qkv[index],
                    config.stride_kv[index],
                    config.padding_kv[index],
                    ceil_mode=True,
                )
            else:
                module.convolution_projection = torch.nn.Identity()


def _set_activation(model, activation):
    for module in model.modules():
        if isinstance(module, CvtIntermediate):
            module.activation = ACT2FN[activation]


@torch.no_grad()
def _perturb(model, generator):
    def normal(tensor, scale, mean=0.0):
        tensor.copy_(mean + scale * torch.randn(tensor.shape, generator=generator))

    def uniform(tensor, low, high):
        tensor.copy_(
            low + (high - low) * torch.rand(tensor.shape, generator=generator)
        )

    for module in model.modules():
        if isinstance(module, (torch.nn.Linear, torch.nn.Conv2d)):
            fan_in = module.weight[0].numel()
            normal(module.weight, fan_in**-0.5)
            if module.bias is not None:
                normal(module.bias, 0.3)
        elif isinstance(module, (torch.nn.LayerNorm, torch.nn.BatchNorm2d)):
            normal(module.weight, 0.3, mean=1.0)
            normal(module.bias, 0.3)
        if isinstance(module, torch.nn.BatchNorm2d):
            normal(module.running_mean, 0.3)
            uniform(module.running_var, 0.4, 2.0)
        if hasattr(module, "cls_token"):
            normal(module.cls_token, 1.0)
    # Scores are divided by sqrt(embed_dim), not sqrt(head_dim): undo what that
    # takes away, so that their spread is about 3 whatever the heads.
    for module in model.modules():
        if isinstance(module, CvtSelfAttention):
            gain = (3 * module.num_heads**0.5) ** 0.5
            module.projection_query.weight.mul_(gain)
            module.projection_key.weight.mul_(gain)


@torch.no_grad()
def _scale_activations(model, scale):
    """Multiplies by `scale` what enters each LayerNorm and BatchNorm."""
    scaled = (
        "convolution_embeddings.projection",
        "convolution_embeddings.normalization",
        "output.dense",
        "convolution_projection.convolution.weight",
        "running_mean",
        "cls_token",
    )
    for name, tensor in model.state_dict().items():
        if any(part in name for part in scaled):
            tensor.mul_(scale)
        elif name.endswith("running_var"):
            tensor.mul_(scale**2)


def write(model, folder, dtype="float32", shard_size="5GB"):
    """Saves the model as Hugging Face does; `model` gets that dtype too."""
    model.to(getattr(torch, dtype))
    model.save_pretrained(folder, max_shard_size=shard_size)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", metavar="NAME")
    parser.add_argument("folder", metavar="FOLDER")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--dtype", choices=DTYPES, default="float32")
    parser.add_argument("--shard-size", default="5GB")
    options = parser.parse_args()
    architecture = ARCHITECTURES.get(options.name)
    if architecture is None:
        architecture = json.loads(pathlib.Path(options.name).read_text())
    model = build(architecture, options.seed)
    write(model, options.folder, options.dtype, options.shard_size)


if __name__ == "__main__":
    main()
