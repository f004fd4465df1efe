"""What the tests compare with, where it is installed."""

import importlib.util
import os
import unittest

# transformers' TensorFlow classes need Keras 2.
os.environ["TF_USE_LEGACY_KERAS"] = "1"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


def needs(*modules):
    """Decorator of a test or a class of tests: skips what cannot import these."""
    missing = [name for name in modules if importlib.util.find_spec(name) is None]
    return unittest.skipIf(missing, " and ".join(missing) + " not installed")
