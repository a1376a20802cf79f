"""Evaluation of a model as it is done in a notebook: python evaluation.py <folder with model.onnx and rows.parquet>.

Evaluates once for each line that it reads, from Parquet to pooled and daily figures, and answers with a line. Needs onnxruntime,
pandas, pyarrow and scikit-learn.
"""

import sys
from pathlib import Path

import numpy as np
import onnxruntime
import pandas as pd
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score

folder = Path(sys.argv[1])
session = onnxruntime.InferenceSession(folder / "model.onnx", providers=["CPUExecutionProvider"])
features = [f"id{at}" for at in range(8)]
batch_rows = 4096


def quality(rows: pd.DataFrame) -> tuple[float, float, float, float]:
    label, score = rows["label"], rows["score"]
    return (
        roc_auc_score(label, score),
        average_precision_score(label, score),
        log_loss(label, score),
        brier_score_loss(label, score),
    )


def grouped_auc(rows: pd.DataFrame) -> float:
    """Weighted by rows, over the groups that have both labels: by ranks, since a call for each group takes minutes."""
    ranks = rows.groupby("user_id")["score"].rank()
    groups = rows.assign(rank=ranks.where(rows["label"] == 1, 0)).groupby("user_id").agg(
        count=("label", "size"), positives=("label", "sum"), ranks=("rank", "sum")
    )
    groups = groups[(groups["positives"] > 0) & (groups["positives"] < groups["count"])].astype(float)
    pairs = groups["positives"] * (groups["count"] - groups["positives"])
    auc = (groups["ranks"] - groups["positives"] * (groups["positives"] + 1) / 2) / pairs
    return float(np.average(auc, weights=groups["count"]))


def evaluate() -> None:
    rows = pd.read_parquet(folder / "rows.parquet")
    ids = rows[features].to_numpy(np.int64)
    scores = [session.run(None, {"ids": ids[at : at + batch_rows]})[0] for at in range(0, len(ids), batch_rows)]
    rows["score"] = np.concatenate(scores)[:, 0]
    quality(rows)
    grouped_auc(rows)
    for _, day in rows.groupby("day"):
        quality(day)
        grouped_auc(day)


for _ in sys.stdin:
    evaluate()
    print("done", flush=True)
