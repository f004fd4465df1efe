"""CvT image classifiers of Hugging Face's, compiled for this CPU.

    from cvtc import AutoImageProcessor, CvtForImageClassification

    processor = AutoImageProcessor.from_pretrained("microsoft/cvt-13")
    model = CvtForImageClassification.from_pretrained("microsoft/cvt-13")
    inputs = processor(images="cat.jpg", return_tensors="np")
    logits = model(**inputs).logits

Classes are named and called as in transformers.  `classify` goes from pictures
to labels in one call; `load` opens an artifact that was compiled before.
Neither PyTorch nor TensorFlow is needed; tensors of theirs may be given.
"""

from ._native import __version__
from .classification import classify, load
from .configuration import CvtConfig
from .image_processing import AutoImageProcessor, BatchFeature, ConvNextImageProcessor
from .modeling_cvt import CvtForImageClassification, CvtModel
from .modeling_tf_cvt import TFCvtForImageClassification, TFCvtModel
from .outputs import (
    BaseModelOutputWithCLSToken,
    ImageClassifierOutputWithNoAttention,
    ModelOutput,
    TFBaseModelOutputWithCLSToken,
    TFImageClassifierOutputWithNoAttention,
)

__all__ = [
    "AutoImageProcessor",
    "BaseModelOutputWithCLSToken",
    "BatchFeature",
    "ConvNextImageProcessor",
    "CvtConfig",
    "CvtForImageClassification",
    "CvtModel",
    "ImageClassifierOutputWithNoAttention",
    "ModelOutput",
    "TFBaseModelOutputWithCLSToken",
    "TFCvtForImageClassification",
    "TFCvtModel",
    "TFImageClassifierOutputWithNoAttention",
    "classify",
    "load",
]
