"""The net as ONNX, by either of PyTorch's exporters, and what onnxruntime makes of it."""

import contextlib
import io
import logging
import warnings
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch

from binding import inputs_of
from inputs import Exported, layout_of
from nets import Net


class NotExported(Exception):
    """The exporter itself cannot: no matter of ours."""


def net_of(case: dict, dtype=torch.float64) -> Net:
    """Weights are rounded to the model's own precision first, so that both precisions have the same."""
    net = Net(case).eval()
    if case["dtype"] == "float32":
        net = net.float()
    return net.to(dtype)


def write_model(case: dict, given: dict, path: Path) -> None:
    real = getattr(torch, case["dtype"])
    layout = layout_of(case)
    tensors = tuple(torch.from_numpy(value) for value in inputs_of(case, layout, given).values())
    names = list(inputs_of(case, layout, given))
    outputs = list(Net(case).outputs(torch.zeros(1, case["head"]["logits"])))
    own = {name: f"axis_{at}" for at, (name, (_, shape)) in enumerate(layout.inputs.items()) if shape is None}
    model = Exported(net_of(case, real))
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            warnings.simplefilter("ignore")
            logging.disable(logging.WARNING)
            if case["exporter"] == "legacy":
                axes = {name: {0: own.get(name, "n")} for name in [*names, *outputs]}
                torch.onnx.export(
                    model, tensors, str(path), dynamo=False, opset_version=case["opset"], input_names=names, output_names=outputs,
                    dynamic_axes=axes,
                )  # fmt: skip
            else:
                shapes = (tuple({0: torch.export.Dim(own.get(name, "n"))} for name in names),)
                torch.onnx.export(
                    model, tensors, str(path), dynamo=True, opset_version=case["opset"], input_names=names, output_names=outputs,
                    dynamic_shapes=shapes, external_data=False, verbose=False,
                )  # fmt: skip
    except Exception as error:
        raise NotExported(f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"[:200]) from None
    finally:
        logging.disable(logging.NOTSET)


class Tensors:
    """Every tensor of the model on some rows, by onnxruntime, in the model's own precision."""

    def __init__(self, path: Path):
        model = onnx.load(path)
        known = {one.name for one in model.graph.output}
        for node in model.graph.node:
            for name in node.output:
                if name and name not in known:
                    model.graph.output.append(onnx.ValueInfoProto(name=name))
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.log_severity_level = 4
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        self.session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
        self.names = [one.name for one in self.session.get_outputs()]

    def __call__(self, feeds: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        own = {one.name for one in self.session.get_inputs()}
        return dict(zip(self.names, self.session.run(None, {k: v for k, v in feeds.items() if k in own})))
