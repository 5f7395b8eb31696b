"""ONNX Runtime and OpenVINO, on the file that pyflux exports."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.workers.job import Job, fastest, report, run, samples, seconds
from pyflux import export_onnx, networks

Predictor = Callable[[np.ndarray], np.ndarray]


def exported(job: Job) -> Path:
    path = Path(tempfile.mkdtemp(dir=".")) / "model.onnx"
    export_onnx(getattr(networks, job["network"])(seed=0, engine="reference"), path)
    return path


def onnxruntime(path: Path, threads: int) -> Predictor:
    import onnxruntime as runtime

    report("versions", {"ONNX Runtime": runtime.__version__})
    options = runtime.SessionOptions()
    options.intra_op_num_threads = threads
    session = runtime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return lambda x: session.run(None, {"input": x})[0]


def openvino(path: Path, threads: int) -> Predictor:
    import openvino as ov

    report("versions", {"OpenVINO": ov.__version__.split("-")[0]})
    core = ov.Core()
    # For what comes one call at a time. bfloat16, its default where the CPU has it, would be another result.
    settings = {
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_NUM_THREADS": threads,
        "INFERENCE_PRECISION_HINT": "f32",
    }
    compiled = core.compile_model(str(path), "CPU", settings)
    return lambda x: compiled(x)[0]


RUNTIMES = {"onnxruntime": onnxruntime, "openvino": openvino}


def threads_to_try() -> list[int]:
    return [1] if os.environ.get("OMP_NUM_THREADS") == "1" else [1, os.cpu_count() or 1]


def in_batches(predictor: Predictor, size: int) -> Predictor:
    return lambda x: np.concatenate([predictor(x[i : i + size]) for i in range(0, len(x), size)])


def start(job: Job) -> tuple[list[Predictor], np.ndarray]:
    x, _ = samples(job)
    path = exported(job)
    predictors = [RUNTIMES[job["runtime"]](path, threads) for threads in threads_to_try()]
    return predictors, x.astype(np.float32) / 255


def predict(job: Job) -> None:
    """Time the prediction of all images by the fastest of some batch sizes and numbers of threads."""
    predictors, x = start(job)
    sizes = sorted({min(size, len(x)) for size in (64, 256, 1000, len(x))})
    choices = [in_batches(each, size) for each in predictors for size in sizes]
    predictor = fastest(choices, lambda each: each(x), times=2)
    for _ in range(job["times"]):
        report("seconds", seconds(lambda: predictor(x)))


def single(job: Job) -> None:
    """Time calls with one image each."""
    predictors, x = start(job)
    images = [x[i : i + 1] for i in range(len(x))]
    predictor = fastest(predictors, lambda each: [each(image) for image in images[:100]], times=3)
    for i in range(job["times"]):
        image = images[i % len(images)]
        report("seconds", seconds(lambda image=image: predictor(image)))


if __name__ == "__main__":
    run({"predict": predict, "single": single})
