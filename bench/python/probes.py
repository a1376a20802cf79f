"""Probes of layers as they are fitted in a notebook: python probes.py <folder> <solver> <layer> …

For each line that it reads: Parquet to rows, the activations of all layers by onnxruntime, for each a standardised logistic
regression on the first eight days, and its AUC on the two after, which are the answer. Needs onnx, onnxruntime, pandas, pyarrow
and scikit-learn.
"""

import json
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pandas as pd
from onnx import helper
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

folder, solver, layers = Path(sys.argv[1]), sys.argv[2], sys.argv[3:]
model = onnx.load(folder / "model.onnx")
known = {output.name for output in model.graph.output}
model.graph.output.extend(helper.make_empty_tensor_value_info(layer) for layer in layers if layer not in known)
session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
features = [f"id{at}" for at in range(8)]
batch_rows = 4096


def probed() -> list[float]:
    rows = pd.read_parquet(folder / "rows.parquet")
    ids = rows[features].to_numpy(np.int64)
    batches = [session.run(layers, {"ids": ids[at : at + batch_rows]}) for at in range(0, len(ids), batch_rows)]
    target, train = (rows["id1"] > 11).to_numpy(int), (rows["day"] < 8).to_numpy()
    aucs = []
    for units in map(np.concatenate, zip(*batches)):
        units = units.reshape(len(units), -1)
        probe = make_pipeline(StandardScaler(), LogisticRegression(solver=solver, max_iter=1000))
        probe.fit(units[train], target[train])
        aucs.append(roc_auc_score(target[~train], probe.decision_function(units[~train])))
    return aucs


for _ in sys.stdin:
    print(json.dumps(probed()), flush=True)
