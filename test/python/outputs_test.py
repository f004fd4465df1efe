"""Outputs, compared with transformers' ModelOutput where that is installed."""

import copy
import pickle
import unittest
from dataclasses import dataclass
from typing import Any, Optional

import numpy as np

import cvtc
from cvtc import BaseModelOutputWithCLSToken, ImageClassifierOutputWithNoAttention

from frameworks import needs

LOGITS = np.arange(6, dtype=np.float32).reshape(2, 3)
MAPS = (np.zeros((2, 4, 8, 8), np.float32), np.ones((2, 8, 4, 4), np.float32))
NAMES = (
    "BaseModelOutputWithCLSToken",
    "ImageClassifierOutputWithNoAttention",
    "TFBaseModelOutputWithCLSToken",
    "TFImageClassifierOutputWithNoAttention",
)

# Arguments of an output with the fields loss, logits and hidden_states.
ARGUMENTS = {
    "none": ((), {}),
    "logits": ((), {"logits": LOGITS}),
    "loss alone": ((LOGITS[0, 1],), {}),
    "tensor alone": ((LOGITS,), {}),
    "all": ((3.0,), {"logits": LOGITS, "hidden_states": MAPS}),
    "without loss": ((), {"logits": LOGITS, "hidden_states": MAPS}),
    "dictionary": (({"logits": LOGITS, "loss": 1.0},), {}),
    "pairs": (([("logits", LOGITS), ("loss", None)],), {}),
    "list": (([1.0, 2.0],), {}),
    "tuple of maps": ((MAPS,), {}),
}

# What can be asked of an output.
QUESTIONS = {
    "keys": lambda output: list(output),
    "values": lambda output: list(output.values()),
    "items": lambda output: list(output.items()),
    "length": len,
    "tuple": lambda output: output.to_tuple(),
    "attributes": lambda output: (output.loss, output.logits, output.hidden_states),
    "first": lambda output: output[0],
    "last": lambda output: output[-1],
    "too far": lambda output: output[3],
    "slice": lambda output: output[1:],
    "key": lambda output: output["logits"],
    "key of None": lambda output: output["loss"],
    "no key": lambda output: output["attentions"],
    "no attribute": lambda output: output.attentions,
    "in": lambda output: "logits" in output,
    "get": lambda output: output.get("hidden_states"),
    "truth": bool,
    "repr": repr,
    "dictionary": dict,
    "arguments": lambda output: dict(**output),
    "copy": lambda output: list(copy.copy(output).items()),
    "deep copy": lambda output: list(copy.deepcopy(output).items()),
    "own copy": lambda output: list(output.copy().items()),
    "set attribute": lambda output: set_attribute(output, "logits", 5),
    "set absent attribute": lambda output: set_attribute(output, "loss", 5),
    "set to None": lambda output: set_attribute(output, "logits", None),
    "set key": lambda output: set_key(output, "logits", 5),
    "set absent key": lambda output: set_key(output, "loss", 5),
}


def set_attribute(output, name, value):
    output = copy.copy(output)
    setattr(output, name, value)
    return getattr(output, name), list(output.items())


def set_key(output, name, value):
    output = copy.copy(output)
    output[name] = value
    return getattr(output, name), list(output.items())


def answer(question, output):
    """A string, or the type of the error."""
    try:
        return repr(question(output))
    except (AttributeError, IndexError, KeyError) as error:
        return type(error)


class SameAsTransformers(unittest.TestCase):
    @needs("transformers", "torch")
    def test_classifier_output(self):
        from transformers.modeling_outputs import (
            ImageClassifierOutputWithNoAttention as Reference,
        )

        self.compare(ImageClassifierOutputWithNoAttention, Reference)

    @needs("transformers", "tensorflow")
    def test_tensorflow_classifier_output(self):
        from transformers.modeling_tf_outputs import (
            TFImageClassifierOutputWithNoAttention as Reference,
        )

        self.compare(cvtc.TFImageClassifierOutputWithNoAttention, Reference)

    def compare(self, ours, theirs):
        for title, (positional, named) in ARGUMENTS.items():
            for name, question in QUESTIONS.items():
                with self.subTest(title, question=name):
                    self.assertEqual(
                        answer(question, ours(*positional, **named)),
                        answer(question, theirs(*positional, **named)),
                    )

    @needs("transformers", "torch")
    def test_fields(self):
        from transformers.models.cvt.modeling_cvt import (
            BaseModelOutputWithCLSToken as Reference,
        )

        self.assertEqual(
            list(Reference.__dataclass_fields__),
            list(BaseModelOutputWithCLSToken.__dataclass_fields__),
        )

    @needs("transformers", "tensorflow")
    def test_tensorflow_fields(self):
        from transformers.models.cvt.modeling_tf_cvt import (
            TFBaseModelOutputWithCLSToken as Reference,
        )

        self.assertEqual(
            list(Reference.__dataclass_fields__),
            list(cvtc.TFBaseModelOutputWithCLSToken.__dataclass_fields__),
        )


class Behaviour(unittest.TestCase):
    def test_nones_are_left_out(self):
        output = ImageClassifierOutputWithNoAttention(logits=LOGITS, hidden_states=MAPS)
        self.assertIsNone(output.loss)
        self.assertEqual(list(output), ["logits", "hidden_states"])
        self.assertIs(output[0], LOGITS)
        self.assertIs(output["hidden_states"], MAPS)
        self.assertEqual(len(output[:1]), 1)
        with self.assertRaises(KeyError):
            output["loss"]

    def test_tensors_of_any_kind_are_no_pairs(self):
        for kind in (LOGITS, LOGITS[:, :2], np.array(["ab", "cd"])):
            self.assertIs(BaseModelOutputWithCLSToken(kind)[0], kind)

    def test_nothing_can_be_removed(self):
        output = BaseModelOutputWithCLSToken(last_hidden_state=LOGITS)
        for operation in (
            lambda: output.pop("last_hidden_state"),
            lambda: output.update({"last_hidden_state": 0}),
            lambda: output.setdefault("cls_token_value", 0),
            lambda: output.__delitem__("last_hidden_state"),
        ):
            with self.assertRaisesRegex(TypeError, "not possible on BaseModelOutput"):
                operation()
        self.assertEqual(list(output), ["last_hidden_state"])

    def test_pickle(self):
        for name in NAMES:
            for arguments in ((), (1.0,), (None, 2.0), (None, 2.0, (3.0, 4.0))):
                output = getattr(cvtc, name)(*arguments)
                again = pickle.loads(pickle.dumps(output))
                self.assertIs(type(again), type(output))
                self.assertEqual(again, output)
                self.assertEqual(again.to_tuple(), output.to_tuple())

    def test_equality(self):
        output = ImageClassifierOutputWithNoAttention(logits=1.0)
        self.assertEqual(output, ImageClassifierOutputWithNoAttention(logits=1.0))
        self.assertNotEqual(output, ImageClassifierOutputWithNoAttention(loss=1.0))
        self.assertNotEqual(output, BaseModelOutputWithCLSToken(cls_token_value=1.0))

    def test_own_kind(self):
        @dataclass
        class Scores(cvtc.ModelOutput):
            scores: Optional[Any] = None

        self.assertEqual(Scores(scores=3).to_tuple(), (3,))
