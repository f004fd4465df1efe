"""Conversion of tensors: what is shared, what is copied, what is refused."""

import array
import subprocess
import sys
import timeit
import unittest

import numpy as np

from cvtc.tensors import from_numpy, kind_of, labels_to_numpy, to_numpy

from frameworks import needs

VALUES = np.arange(24, dtype=np.float32).reshape(1, 2, 3, 4) / 7
# What kind_of may cost.  It is called a few times for each run of a model.
MAX_SECONDS = 5e-6


def seconds(function):
    """The fastest of some rounds of calls, for one call."""
    calls = 2000
    return min(timeit.repeat(function, number=calls, repeat=5)) / calls


class TensorTest(unittest.TestCase):
    def assertConverted(self, tensor, expected=VALUES):
        converted = to_numpy(tensor)
        self.assertIs(type(converted), np.ndarray)
        self.assertEqual(converted.dtype, np.float32)
        self.assertTrue(converted.flags.c_contiguous and converted.flags.aligned)
        np.testing.assert_array_equal(converted, expected)
        return converted

    def assertRefused(self, error, pattern, tensor):
        with self.assertRaisesRegex(error, "^pixel_values: found " + pattern):
            to_numpy(tensor)


class Numpy(TensorTest):
    def test_float32_is_passed_on(self):
        for values in (VALUES, np.ones((), np.float32), VALUES[:0]):
            self.assertIs(to_numpy(values), values)
        self.assertEqual(kind_of(VALUES), "numpy")

    def test_read_only_is_passed_on(self):
        values = VALUES.copy()
        values.flags.writeable = False
        self.assertIs(to_numpy(values), values)

    def test_other_layouts_are_copied(self):
        channels_last = VALUES.transpose(0, 2, 3, 1).copy().transpose(0, 3, 1, 2)
        self.assertConverted(channels_last)
        self.assertConverted(VALUES[..., ::2], VALUES[..., ::2])
        self.assertConverted(VALUES[:, :, ::-1], VALUES[:, :, ::-1])
        self.assertConverted(np.broadcast_to(VALUES, (3, 2, 3, 4)), VALUES.repeat(3, 0))
        self.assertConverted(VALUES.astype(">f4"))
        raw = np.frombuffer(b"x" + VALUES.tobytes(), np.uint8)
        self.assertConverted(raw[1:].view(np.float32).reshape(VALUES.shape))

    def test_other_floats_are_converted(self):
        for kind in (np.float16, np.float64, np.longdouble):
            values = VALUES.astype(kind)
            self.assertConverted(values, values.astype(np.float32))

    def test_subclasses_are_shared(self):
        class Picture(np.ndarray):
            pass

        converted = self.assertConverted(VALUES.view(Picture))
        self.assertTrue(np.shares_memory(converted, VALUES))

    def test_other_types_are_refused(self):
        for kind in (np.uint8, np.int32, np.int64, bool, complex, object, "U1"):
            name = np.zeros(1, kind).dtype
            self.assertRefused(
                TypeError,
                f"type {name}, expected float32$",
                np.zeros(VALUES.shape, kind),
            )

    def test_labels(self):
        for kind in (np.int64, np.int32, np.uint8, bool, np.float32, np.float64):
            labels = np.ones(3, kind)
            self.assertIs(labels_to_numpy(labels), labels)
        with self.assertRaisesRegex(TypeError, "^labels: found type <U1, expected num"):
            labels_to_numpy(np.array(["a"]))

    def test_lists_of_labels(self):
        for labels in ([1, 2], (1, 2), [[0.5, 1], [0, 1]], [np.int64(1), np.int64(2)]):
            converted = labels_to_numpy(labels)
            self.assertEqual(converted.dtype, np.array(labels).dtype)
            np.testing.assert_array_equal(converted, labels)
        with self.assertRaisesRegex(TypeError, "^labels: found type <U1, expected num"):
            labels_to_numpy(["a"])
        with self.assertRaisesRegex(ValueError, "^labels: found lists of several len"):
            labels_to_numpy([[1], [1, 2]])


class OtherLibraries(TensorTest):
    def test_dlpack_is_shared(self):
        class Tensor:
            def __dlpack__(self, **arguments):
                return VALUES.__dlpack__(**arguments)

            def __dlpack_device__(self):
                return VALUES.__dlpack_device__()

        converted = self.assertConverted(Tensor())
        self.assertTrue(np.shares_memory(converted, VALUES))
        self.assertEqual(kind_of(Tensor()), "numpy")

    def test_dlpack_on_other_devices(self):
        class Tensor:
            def __dlpack__(self):
                raise AssertionError

            def __dlpack_device__(self):
                return 2, 0

        self.assertRefused(ValueError, ".* device 2, expected one on the CPU", Tensor())

    def test_dlpack_that_numpy_cannot_read(self):
        class Tensor:
            def __dlpack__(self, **_):
                raise BufferError("no such type")

            def __dlpack_device__(self):
                return 1, 0

        with self.assertRaisesRegex(TypeError, "^pixel_values: no such type$"):
            to_numpy(Tensor())

    def test_buffers_are_shared(self):
        values = array.array("f", VALUES.tobytes())
        converted = self.assertConverted(values, VALUES.reshape(-1))
        self.assertTrue(np.shares_memory(converted, np.frombuffer(values, np.float32)))
        self.assertConverted(memoryview(VALUES))

    def test_array_protocol(self):
        class Tensor:
            def __array__(self, dtype=None, copy=None):
                return VALUES

        self.assertTrue(np.shares_memory(to_numpy(Tensor()), VALUES))

    def test_what_is_no_tensor(self):
        for value, name in (([[1.0]], "list"), (None, "NoneType"), ("a", "str")):
            self.assertRefused(TypeError, f"{name}, expected a tensor$", value)
        self.assertRefused(TypeError, "type uint8, expected float32$", bytearray(4))

    def test_no_framework_is_imported(self):
        code = (
            f"import sys, numpy; sys.path[:] = {sys.path!r}\n"
            "from cvtc import tensors, losses\n"
            "tensors.to_numpy(numpy.ones(3)); tensors.kind_of([])\n"
            "assert not {'torch', 'tensorflow'} & set(sys.modules)"
        )
        subprocess.run([sys.executable, "-c", code], check=True)


@needs("torch")
class Torch(TensorTest):
    def setUp(self):
        import torch

        self.torch = torch
        self.tensor = torch.from_numpy(VALUES.copy())

    def test_kind(self):
        self.assertEqual(kind_of(self.tensor), "torch")
        self.assertEqual(kind_of(self.torch.nn.Parameter(self.tensor)), "torch")
        self.assertLess(seconds(lambda: kind_of(self.tensor)), MAX_SECONDS)
        self.assertLess(seconds(lambda: kind_of(VALUES)), MAX_SECONDS)

    def test_float32_is_shared(self):
        for tensor in (self.tensor, self.tensor.clone().requires_grad_()):
            converted = self.assertConverted(tensor)
            self.assertEqual(converted.ctypes.data, tensor.data_ptr())

    def test_other_layouts_are_copied(self):
        self.assertConverted(self.tensor.to(memory_format=self.torch.channels_last))
        self.assertConverted(self.tensor[..., ::2], VALUES[..., ::2])

    def test_other_floats_are_converted(self):
        for kind in ("float16", "bfloat16", "float64", "float8_e4m3fn"):
            tensor = self.tensor.to(getattr(self.torch, kind))
            self.assertConverted(tensor, tensor.float().numpy())

    def test_views_with_another_sign(self):
        """As imaginary parts of conjugates are."""
        pairs = self.torch.complex(self.tensor, self.tensor)
        negative = pairs.conj().imag
        self.assertTrue(negative.is_neg())
        self.assertConverted(negative, -VALUES)
        self.assertRefused(TypeError, "type complex64, expected float", pairs.conj())

    def test_what_is_refused(self):
        for kind in ("int64", "uint8", "bool", "complex64"):
            self.assertRefused(
                TypeError,
                f"type {kind}, expected float32$",
                self.tensor.to(getattr(self.torch, kind)),
            )
        self.assertRefused(
            ValueError,
            "a tensor on meta, expected one on the CPU",
            self.tensor.to("meta"),
        )
        self.assertRefused(
            ValueError, "torch.sparse_coo, expected a dense", self.tensor.to_sparse()
        )

    def test_labels(self):
        for kind in ("int64", "int32", "bool", "float64"):
            labels = self.torch.ones(3, dtype=getattr(self.torch, kind))
            converted = labels_to_numpy(labels)
            self.assertEqual(converted.dtype.name, kind)
            self.assertEqual(converted.ctypes.data, labels.data_ptr())
        labels = self.torch.ones(3, dtype=self.torch.bfloat16)
        self.assertEqual(labels_to_numpy(labels).dtype, np.float32)

    def test_back(self):
        values = VALUES.copy()
        tensor = from_numpy(values, "torch")
        self.assertEqual(tensor.dtype, self.torch.float32)
        self.assertEqual(tensor.data_ptr(), values.ctypes.data)
        self.assertEqual(from_numpy(np.array(3, np.float32), "torch").shape, ())
        self.assertIs(from_numpy(values, "numpy"), values)


@needs("tensorflow")
class TensorFlow(TensorTest):
    def setUp(self):
        import tensorflow

        self.tensorflow = tensorflow
        self.tensor = tensorflow.constant(VALUES)

    def test_kind(self):
        self.assertEqual(kind_of(self.tensor), "tensorflow")
        self.assertEqual(kind_of(self.tensorflow.Variable(VALUES)), "tensorflow")
        self.assertLess(seconds(lambda: kind_of(self.tensor)), MAX_SECONDS)

    def test_float32_is_shared(self):
        first, second = to_numpy(self.tensor), self.assertConverted(self.tensor)
        self.assertTrue(np.shares_memory(first, second))
        self.assertTrue(np.shares_memory(first, np.asarray(memoryview(self.tensor))))

    def test_variables(self):
        variable = self.tensorflow.Variable(VALUES)
        converted = self.assertConverted(variable)
        variable.assign_add(self.tensorflow.ones_like(variable))
        self.assertConverted(variable, VALUES + 1)
        np.testing.assert_array_equal(converted, VALUES)

    def test_other_floats_are_converted(self):
        for kind in ("float16", "bfloat16", "float64"):
            tensor = self.tensorflow.cast(self.tensor, kind)
            expected = self.tensorflow.cast(tensor, "float32").numpy()
            self.assertConverted(tensor, expected)

    def test_other_types_are_refused(self):
        for kind in ("int64", "uint8", "bool", "complex64"):
            tensor = self.tensorflow.cast(self.tensor, kind)
            self.assertRefused(TypeError, f"type {kind}, expected float32$", tensor)
        self.assertRefused(
            TypeError,
            "SparseTensor, expected a tensor$",
            self.tensorflow.sparse.from_dense(VALUES),
        )

    def test_symbolic_tensors_are_refused(self):
        @self.tensorflow.function
        def convert(tensor):
            self.assertEqual(kind_of(tensor), "tensorflow")
            return to_numpy(tensor)

        # TensorFlow puts its own words before it.
        pattern = "pixel_values: found a symbolic tensor, expected one with values"
        for tensor in (self.tensor, self.tensorflow.Variable(VALUES)):
            with self.assertRaisesRegex(ValueError, pattern):
                convert(tensor)
        with self.assertRaisesRegex(ValueError, pattern):
            to_numpy(self.tensorflow.keras.Input((3, 8, 8)))

    def test_labels(self):
        for kind in ("int64", "int32", "bool", "float64"):
            labels = self.tensorflow.ones(3, kind)
            self.assertEqual(labels_to_numpy(labels).dtype.name, kind)
        labels = self.tensorflow.ones(3, "bfloat16")
        self.assertEqual(labels_to_numpy(labels).dtype, np.float32)

    def test_back(self):
        tensor = from_numpy(VALUES, "tensorflow")
        self.assertTrue(self.tensorflow.is_tensor(tensor))
        self.assertEqual(tensor.dtype, self.tensorflow.float32)
        np.testing.assert_array_equal(tensor.numpy(), VALUES)
