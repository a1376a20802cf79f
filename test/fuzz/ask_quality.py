"""Questions of quality: evaluation, with its slices and curves."""

import random

import numpy as np
import evaluation as right
from compare import Figures
from questions import Kind, rows_of, rows_text, target_drawn, target_text, view_of
from subject import SIGMOID, Subject

PART = "slice rowCount positiveCount auc gauc logLoss normalizedEntropy calibrationRatio"


class Evaluation(Kind):
    @staticmethod
    def draw(rng: random.Random, subject: Subject) -> dict:
        return {
            "kind": "Evaluation", "rows": rows_of(rng, subject), "bins": rng.choice([1, 5, 10, 13]), "curve": rng.choice(["ROC", "LIFT", "PRECISION_RECALL"]),
            "threshold": rng.choice([0.1, 0.5, 0.7]), "target": target_drawn(rng, subject, 0.7),
        }  # fmt: skip

    @staticmethod
    def text(question, subject):
        bins, threshold = question["bins"], question["threshold"]
        return f"""evaluation({rows_text(question["rows"])} {target_text(question["target"])}) {{
          rowCount positiveCount unlabelledCount auc gauc prAuc logLoss brier normalizedEntropy calibrationRatio
          aucInterval {{ low high }} expectedCalibrationError(bins: {bins}) scores(bins: {bins}) {{ counts positiveCounts }}
          confusion(threshold: {threshold}) {{ truePositives falsePositives trueNegatives falseNegatives }}
          curve(kind: {question["curve"]}, points: 1000) {{ x y }} byPartition {{ {PART} }} slices(by: "who", first: 100) {{ {PART} }}
          weakSegments(columns: ["who", "day"], first: 100, minimumRows: 3) {{ {PART} }} provenance {{ rowCount skippedRowCount }} }}"""

    @staticmethod
    def refused(question, subject):
        labels = view_of(question, subject).labels
        return {"BAD_USER_INPUT"} if subject.case["head"]["kind"] == "VALUE" or np.isnan(labels).all() else set()

    @staticmethod
    def judge(question, subject, answer, figures):
        view = view_of(question, subject)
        known = ~np.isnan(view.labels)
        figures.exact("unlabelledCount", answer["unlabelledCount"], int((~known).sum()))
        figures.exact("provenance.skippedRowCount", answer["provenance"]["skippedRowCount"], view.invalid)
        part = Part(view, known, question["target"])
        part.judge("", answer, figures)
        part.judge_bins(question, answer, figures)
        part.judge_curve(question["curve"], answer["curve"], figures)
        judge_segments(view, known, question["target"], answer["weakSegments"], figures)
        for name, by, got in (("byPartition", "day", answer["byPartition"]), ("slices", "who", answer["slices"])):
            values = [row[by] for row in view.rows]
            slices = {one["slice"]: one for one in got}
            for value in sorted(set(np.array(values)[known].tolist())):
                inside = known & (np.array(values) == value)
                figures.exact(f"{name} has {value}", str(value) in slices, True)
                if str(value) in slices:
                    Part(view, inside, question["target"]).judge(f"{name}.{value}.", slices[str(value)], figures)


def judge_segments(view, known, target, got: list, figures: Figures) -> None:
    """Every value of a column, and every pair of values, of 3 rows or more that is worse than the whole; largest excess of log loss first."""
    exact, rounded = Part(view, known, target).losses()
    whole, edge = exact.mean(), np.abs(exact - rounded).sum()
    columns = {name: np.array([str(row[name]) for row in view.rows]) for name in ("who", "day")}
    masks = [known & (columns[name] == value) for name in columns for value in sorted(set(columns[name]))]
    masks += [known & (columns["who"] == who) & (columns["day"] == day) for who in sorted(set(columns["who"])) for day in sorted(set(columns["day"]))]
    excesses = [(Part(view, one, target).losses()[0].mean() - whole) * one.sum() for one in masks if one.sum() >= 3]
    near = 1e-4 * len(view.rows) * max(1, whole) + 12 * edge
    figures.within("weakSegments", len(got), sum(one > near for one in excesses), sum(one > -near for one in excesses))
    told = [(one["logLoss"] - whole) * one["rowCount"] for one in got]
    figures.exact("weakSegments are ordered", all(a >= b - near for a, b in zip(told, told[1:])), True)
    for at, one in enumerate(sorted(excesses, reverse=True)[: len(got)]):
        figures.within(f"weakSegments[{at}]", told[at], one - near, one + near)


class Part:
    """Some labelled rows of a view, and what an output says of them; in which space it was asked for is no matter."""

    def __init__(self, view, inside, target: dict):
        self.labels = view.labels[inside]
        self.is_double = view.subject.case["dtype"] == "float64"
        self.is_logit = view.subject.case["head"]["kind"] == "LOGIT"
        self.scores, self.rounded = view.both(target | {"space": "PROBABILITY"}, inside)
        self.own, self.own_rounded = view.both(target | {"space": "LOGIT" if self.is_logit else "PROBABILITY"}, inside)
        self.ranks = right.Ranks(self.own, self.own_rounded, view.subject.case["seed"], view.subject.case["dtype"], self.labels)
        self.groups = [row["who"] for row, one in zip(view.rows, inside) if one]

    def losses(self):
        if self.is_logit:
            return right.log_losses(self.labels, self.own), right.log_losses(self.labels, self.own_rounded)
        exact, rounded = right.losses_of(self.labels, self.scores), right.losses_of(self.labels, self.rounded)
        if self.is_double:
            return exact, rounded
        ends = right.losses_of(self.labels, self.scores + np.where(self.scores < 0.5, -SIGMOID, SIGMOID))
        return exact, np.where(np.abs(ends - exact) > np.abs(rounded - exact), ends, rounded)

    def judge(self, path: str, answer: dict, figures: Figures) -> None:
        labels = self.labels
        figures.exact(path + "rowCount", answer["rowCount"], len(labels))
        figures.exact(path + "positiveCount", answer["positiveCount"], int(labels.sum()))
        ranking = {"auc": right.auc, "prAuc": right.average_precision, "gauc": lambda y, r: right.gauc(y, r, self.groups)}
        for name, figure in ranking.items():
            if name in answer:
                low, high = self.ranks.range(lambda ranks: figure(labels, ranks))
                figures.within(path + name, answer[name], low, high)
        exact, rounded = self.losses()
        # A probability of float32 close to 0 or 1 says its logarithm to some percent only.
        edge = 0 if self.is_logit else np.abs(exact - rounded).mean()
        figures.near(path + "logLoss", answer["logLoss"], exact.mean(), exact.mean() + edge, 1)
        base = right.entropy(labels)
        figures.near(
            path + "normalizedEntropy", answer["normalizedEntropy"], right.normalized_entropy(labels, exact),
            None if base == 0 else (exact.mean() + edge) / base, 1,
        )  # fmt: skip
        total = labels.sum()
        ratio = self.scores.sum() / total if total else None
        figures.near(path + "calibrationRatio", answer["calibrationRatio"], ratio, self.rounded.sum() / total if total else None)
        if "brier" in answer:
            figures.near("brier", answer["brier"], right.brier(labels, self.scores), right.brier(labels, self.rounded))

    def judge_bins(self, question: dict, answer: dict, figures: Figures) -> None:
        labels, bins = self.labels, question["bins"]
        scores = right.Ranks(self.scores, self.rounded)
        clip = lambda one: np.clip(one, 0, 1)
        low, high = scores.range(lambda one: right.calibration_error(labels, clip(one), bins))
        figures.within("expectedCalibrationError", answer["expectedCalibrationError"], low, high, 1e-6)
        for name, inside in (("counts", np.full(len(labels), True)), ("positiveCounts", labels == 1)):
            figures.exact(f"scores.{name}.length", len(answer["scores"][name]), bins)
            below = np.cumsum(answer["scores"][name])
            for at in range(bins):
                counted = lambda one, at=at, inside=inside: float((clip(one)[inside] * bins < at + 1).sum() if at + 1 < bins else inside.sum())
                figures.within(f"scores.{name}[{at}]", float(below[at]), *scores.range(counted))
        called = {"truePositives": (1, True), "falsePositives": (0, True), "trueNegatives": (0, False), "falseNegatives": (1, False)}
        for name, (label, positive) in called.items():
            counted = lambda one, label=label, positive=positive: float((((one >= question["threshold"]) == positive) & (labels == label)).sum())
            figures.within(f"confusion.{name}", answer["confusion"][name], *scores.range(counted))
        if min(labels.sum(), len(labels) - labels.sum()) > 1:
            ends = [self.ranks.range(lambda ranks, at=at: right.delong(labels, ranks)[at]) for at in (0, 1)]
            figures.within("aucInterval.low", answer["aucInterval"]["low"], *ends[0], 1e-6)
            figures.within("aucInterval.high", answer["aucInterval"]["high"], *ends[1], 1e-6)

    def judge_curve(self, kind: str, answer, figures: Figures) -> None:
        if len(set(self.labels)) < 2:
            return
        curves = [right.curve(self.labels, ranks, kind) for ranks in self.ranks.all]
        if len({len(x) for x, _ in curves}) > 1 or any(not np.allclose(curves[0], one) for one in curves):
            return
        figures.list_near("curve.x", [one["x"] for one in answer], curves[0][0], None, 1)
        figures.list_near("curve.y", [one["y"] for one in answer], curves[0][1], None, 1)
