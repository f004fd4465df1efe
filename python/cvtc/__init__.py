"""CvT image classifiers, compiled: Hugging Face's classes without a framework."""

from .configuration import CvtConfig
from .outputs import (
    BaseModelOutputWithCLSToken,
    ImageClassifierOutputWithNoAttention,
    ModelOutput,
    TFBaseModelOutputWithCLSToken,
    TFImageClassifierOutputWithNoAttention,
)

__all__ = [
    "BaseModelOutputWithCLSToken",
    "CvtConfig",
    "ImageClassifierOutputWithNoAttention",
    "ModelOutput",
    "TFBaseModelOutputWithCLSToken",
    "TFImageClassifierOutputWithNoAttention",
]
