"""This project: cvt-compile and libcvt.so."""

import ctypes

import numpy as np

import models

PRECISIONS = ("f32", "bf16", "int8")
TARGETS = {"native": "native", "avx2": "x86-64-v3"}


class SessionOptions(ctypes.Structure):
    """cvt_session_options of runtime/include/cvt/cvt.h."""

    _fields_ = [
        ("struct_bytes", ctypes.c_size_t),
        ("threads", ctypes.c_int32),
        ("max_batch", ctypes.c_int64),
    ]


class CompiledModel:
    """A session of libcvt.so, for a model whose only output is its logits.
    It lives as long as the process."""

    def __init__(self, library, artifact, threads, max_batch):
        self.cvt = ctypes.CDLL(str(library))
        for name in ("cvt_model_open", "cvt_session_create", "cvt_session_run"):
            getattr(self.cvt, name).restype = ctypes.c_void_p
        self.cvt.cvt_status_message.restype = ctypes.c_char_p
        model = ctypes.c_void_p()
        self.session = ctypes.c_void_p()
        path = str(artifact).encode()
        self._check(self.cvt.cvt_model_open(path, None, ctypes.byref(model)))
        options = SessionOptions(ctypes.sizeof(SessionOptions), threads, max_batch)
        self._check(
            self.cvt.cvt_session_create(
                model, ctypes.byref(options), ctypes.byref(self.session)
            )
        )

    def _check(self, status):
        if status:
            message = self.cvt.cvt_status_message(ctypes.c_void_p(status))
            raise RuntimeError(message.decode())

    def bind(self, pixel_values, classes):
        """A function that runs these images once and returns their logits."""
        logits = np.empty((len(pixel_values), classes), np.float32)
        arguments = (
            self.session,
            ctypes.c_void_p(pixel_values.ctypes.data),
            ctypes.c_int64(len(pixel_values)),
            (ctypes.c_void_p * 1)(logits.ctypes.data),
        )

        def run():
            self._check(self.cvt.cvt_session_run(*arguments))
            return logits

        return run


def prepare(model, setup):
    models.make_artifact(model, setup.precision, TARGETS[setup.isa])


def environment(setup):
    return {}


def load(model, setup, pixel_values):
    artifact = model.artifact(setup.precision, TARGETS[setup.isa])
    library = model.build / "lib" / "libcvt.so"
    session = CompiledModel(library, artifact, setup.threads, setup.batch)
    return session.bind(pixel_values, model.classes), {"artifact": artifact.name}
