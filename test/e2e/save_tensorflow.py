"""Saves a model in every way that transformers' TensorFlow classes do.

    save_tensorflow.py FOLDER TARGET

FOLDER has a tf_model.h5; TARGET gets a folder for each way."""

import os
import pathlib
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["HF_HUB_OFFLINE"] = "1"

from transformers import TFCvtForImageClassification, TFCvtModel


def main():
    source, target = sys.argv[1], pathlib.Path(sys.argv[2])
    model = TFCvtForImageClassification.from_pretrained(source)
    shards = {"max_shard_size": "200KB"}
    model.save_pretrained(target / "h5")
    model.save_pretrained(target / "safetensors", safe_serialization=True)
    model.save_pretrained(target / "h5-shards", **shards)
    model.save_pretrained(
        target / "safetensors-shards", safe_serialization=True, **shards
    )
    bare = TFCvtModel.from_pretrained(source)
    bare.save_pretrained(target / "bare", safe_serialization=True)


if __name__ == "__main__":
    main()
