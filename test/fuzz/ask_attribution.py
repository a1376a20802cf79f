"""Questions of attribution: saliency of the score and of neurons, explanations of rows, predictions."""

import random

import numpy as np

import binding

from attribution import COMPLETE, GRADIENT, PERTURBATION, WITH_BASELINE, WITH_NOISE, WITH_SAMPLES, Explainer
from compare import Figures
from questions import Kind, literal, options_text, rows_of, rows_text, target_drawn, target_text, view_of
from subject import PRECISIONS, Subject, View, worst

METHODS = GRADIENT + PERTURBATION


def options_drawn(rng: random.Random, subject: Subject, method: str) -> dict:
    options: dict = {}
    if method in WITH_BASELINE and rng.random() < 0.6:
        options["baseline"] = baseline_drawn(rng, subject)
    if method in WITH_SAMPLES and rng.random() < 0.7:
        options["samples"] = rng.choice([1, 2, 4])
    if method in WITH_SAMPLES and rng.random() < 0.4:
        options["seed"] = rng.randrange(1000)
    if method in WITH_NOISE:
        options |= {"noise": rng.choice([0, 0.05, 0.3])} if rng.random() < 0.6 else {}
        options.setdefault("samples", 3)
    if method == "INTEGRATED_GRADIENTS" and rng.random() < 0.6:
        options["steps"] = rng.choice([1, 2, 7, 30])
    if method == "SHAPLEY_SAMPLING":
        options.setdefault("samples", 5)
    return options


def baseline_drawn(rng: random.Random, subject: Subject) -> dict:
    kind = rng.choice(["ZERO", "MEAN", "MISSING", "values"])
    if kind != "values":
        return {"kind": kind}
    values = {}
    good = [row for row, encoded in zip(subject.rows, subject.encoded) if encoded is not None]
    if not good:
        return {"kind": "ZERO"}
    row = rng.choice(good)
    for feature in subject.manifest["features"]:
        value = row[feature["column"]]
        needs = feature["kind"] == "EMBEDDING" or (feature["kind"] == "NUMERIC" and "missing" not in feature)
        if value is not None and (needs or rng.random() < 0.6):
            values[feature["name"]] = value
    return {"values": values} if values else {"kind": "ZERO"}


def has_no_missing(question: dict, subject: Subject) -> bool:
    """Whether a baseline of raw values leaves a feature out that has none of its own."""
    baseline = question["options"].get("baseline", {})
    if "values" not in baseline and baseline.get("kind") != "MISSING":
        return False
    named = baseline.get("values", {})
    left = [one for one in subject.manifest["features"] if one["name"] not in named]
    return any(one["kind"] == "EMBEDDING" or (one["kind"] == "NUMERIC" and "missing" not in one) for one in left)


def optional(subject: Subject) -> list[str]:
    """Features that a row written by hand may leave out."""
    ids = ("CATEGORICAL", "SEQUENCE")
    return [one["name"] for one in subject.manifest["features"] if one["kind"] in ids or (one["kind"] == "NUMERIC" and "missing" in one)]


def may_be_refused(question: dict, subject: Subject) -> bool:
    """What documentation says some models have no answer to: ways between lists of different lengths, the rescale rule of products."""
    method, baseline = question.get("method"), question.get("options", {}).get("baseline", {})
    if any(field.get("bag") for field in subject.case["fields"]):
        of_values = "values" in baseline or baseline.get("kind") == "MISSING"
        if subject.case["opset"] < 16 or method == "HESSIAN" or (of_values and method not in PERTURBATION):
            return True
    return method == "DEEP_LIFT" and not is_rescaled(subject.case)


def is_rescaled(case: dict) -> bool:
    pools = {field.get("pooling") for field in case["fields"]} | {field.get("via") for field in case["fields"]}
    plain = not pools & {"attention", "gru", "lstm", "self", "max"} and case.get("fm") != "attention"
    blocks = all(block["type"] == "dense" and block.get("norm") in (None, "batch") for block in case["blocks"])
    return plain and blocks and case["head"]["kind"] not in ("SOFTMAX", "PRODUCT")


def aggregated(found: dict, names: list[str]) -> dict:
    return {
        "score": found["norms"].mean(0), "mean": found["sums"].mean(0), "standardDeviation": found["sums"].std(0),
    }  # fmt: skip


def gaps_of(found: dict, count: int) -> np.ndarray:
    return found["sums"][:, :count].sum(1) - (found["target"] - found["baseline"])


SALIENCY = """rowCount baselineValue convergence { meanAbsolute maxAbsolute converged }
  features { feature { name } score share mean standardDeviation rank scoreWhenPositive scoreWhenNegative }
  groups { group { name } score share mean }"""


def is_known(question: dict, subject: Subject) -> bool:
    """Whether there is a reference: of DEEP_LIFT through a product there is none, and there need be no answer."""
    return question["method"] != "DEEP_LIFT" or is_rescaled(subject.case)


def judge_saliency(question: dict, view: View, answer: dict, figures: Figures, explainers: list[Explainer]) -> None:
    method, options, names = question["method"], question["options"], view.subject.features
    if not is_known(question, view.subject):
        return
    exact, *others = (one.attributed(method, options) for one in explainers)
    rounded = worst(exact, *others)
    if not np.isfinite(exact["norms"]).all():
        return
    figures.exact("rowCount", answer["rowCount"], len(view.index))
    wants, others = aggregated(exact, names), aggregated(rounded, names)
    scale = float(max(wants["score"].max(initial=0), 1e-7 * np.abs(exact["target"]).max()))
    if method in PERTURBATION or method in COMPLETE:
        # A difference of two values is known to their rounding.
        scale = max(scale, 0.05 * float(np.abs(exact["target"]).max()), 0.05 * float(np.abs(exact.get("baseline", np.zeros(1))).max()))
    players = [(f"features.{one['feature']['name']}", names.index(one["feature"]["name"]), one) for one in answer["features"]]
    groups = list(view.subject.groups)
    players += [(f"groups.{one['group']['name']}", len(names) + groups.index(one["group"]["name"]), one) for one in answer["groups"]]
    figures.exact("players", sorted(at for _, at, _ in players), list(range(len(names) + len(groups))))
    for path, at, one in players:
        for name in ("score", "mean", "standardDeviation"):
            if name in one:
                figures.near(f"{path}.{name}", one[name], wants[name][at], others[name][at], scale)
        for name, label in (("scoreWhenPositive", 1), ("scoreWhenNegative", 0)):
            if name in one:
                own = view.labels == label
                means = [found["norms"][own, at].mean() if own.any() else None for found in (exact, rounded)]
                figures.near(f"{path}.{name}", one[name], means[0], means[1], scale)
        total = wants["score"][: len(names)].sum() if at < len(names) else wants["score"][len(names) :].sum()
        if total > 1e-4 * scale and total > 1e-9:
            noise = 12 * abs(wants["score"] - others["score"]).sum() / total + 2e-5 * scale / total
            figures.near(f"{path}.share", one["share"], wants["score"][at] / total, None, 1, max(noise, 2e-5))
    ordered = [one["score"] for one in answer["features"]]
    figures.exact("features are ordered", ordered == sorted(ordered, reverse=True), True)
    if "baseline" in exact:
        figures.near("baselineValue", answer["baselineValue"], exact["baseline"].mean(), rounded["baseline"].mean(), scale)
    if method in COMPLETE:
        gaps, other = gaps_of(exact, len(names)), gaps_of(rounded, len(names))
        near = scale + float(np.abs(exact["sums"]).max())
        figures.near("convergence.meanAbsolute", answer["convergence"]["meanAbsolute"], np.abs(gaps).mean(), np.abs(other).mean(), near)
        figures.near("convergence.maxAbsolute", answer["convergence"]["maxAbsolute"], np.abs(gaps).max(), np.abs(other).max(), near)


class Saliency(Kind):
    @staticmethod
    def draw(rng, subject):
        method = rng.choice(METHODS)
        return {
            "kind": "Saliency", "rows": rows_of(rng, subject), "method": method, "target": target_drawn(rng, subject),
            "options": options_drawn(rng, subject, method),
        }  # fmt: skip

    @staticmethod
    def text(question, subject):
        return f"""saliency({rows_text(question["rows"])}, method: {question["method"]} {target_text(question["target"])}
          {options_text(question["options"])}) {{ {SALIENCY} }}"""

    @staticmethod
    def refused(question, subject):
        if has_no_missing(question, subject):
            return {"BAD_USER_INPUT", "BINDING_MISMATCH"}
        alone = len(question["picked"] if "picked" in question else view_of(question, subject).index) < 2
        return {"BAD_USER_INPUT"} if alone and question["method"] == "FEATURE_PERMUTATION" else set()

    @staticmethod
    def judge(question, subject, answer, figures):
        view = view_of(question, subject)
        judge_saliency(question, view, answer, figures, [Explainer(view, question["target"], one) for one in PRECISIONS])


class Explanations(Kind):
    """Of rows of the dataset, or written by hand."""

    FIELDS = "row { index } score target baselineValue convergenceDelta attributions { feature { name } attribution magnitude }"

    @staticmethod
    def draw(rng, subject):
        method = rng.choice(METHODS)
        return {
            "kind": "Explanations", "rows": rows_of(rng, subject), "method": method, "target": target_drawn(rng, subject, 0.7),
            "options": options_drawn(rng, subject, method), "first": rng.choice([3, 200]),
        }  # fmt: skip

    @staticmethod
    def text(question, subject):
        return f"""explanations({rows_text(question["rows"])}, method: {question["method"]} {target_text(question["target"])}
          {options_text(question["options"])}, first: {question["first"]}) {{ nodes {{ {Explanations.FIELDS} }} }}"""

    @staticmethod
    def refused(question, subject):
        return Saliency.refused(question, subject)

    @staticmethod
    def judge(question, subject, answer, figures):
        view = view_of(question, subject)
        nodes = answer["nodes"]
        found = [Explainer(view, question["target"], one).attributed(question["method"], question["options"]) for one in PRECISIONS]
        places = {index: at for at, index in enumerate(view.index)}
        first = question["first"] - view.invalid
        figures.exact("has its rows", min(first, len(view.index)) <= len(nodes) <= question["first"], True)
        for node in nodes:
            at = places.get(node["row"]["index"])
            figures.exact(f"row {node['row']['index']} is one of those selected", at is not None, True)
            if at is not None:
                judge_row(question, view, node, at, found, figures)


def judge_row(question: dict, view: View, node: dict, at: int, found: list[dict], figures: Figures) -> None:
    (exact, rounded), names = (found[0], worst(*found)), view.subject.features
    path = f"row {node['row']['index']}"
    if not np.isfinite(exact["norms"][at]).all() or not is_known(question, view.subject):
        return
    # Where all that a row has is the rest of a saturated activation, float32 knows it by what others have.
    scale = max(float(np.abs(exact["norms"][at]).max()), 0.05 * float(np.nanmax(np.abs(exact["norms"]))))
    if question["method"] in PERTURBATION or question["method"] in COMPLETE:
        scale = max(scale, 0.1 * float(np.abs(exact["target"]).max()), 0.05 * abs(exact.get("baseline", np.zeros(at + 1))[at]))
    figures.near(f"{path}.score", node["score"], view.scores[at], view.rounded_scores[at], 1)
    figures.near(f"{path}.target", node["target"], exact["target"][at], rounded["target"][at], scale)
    figures.exact(f"{path}.features", [one["feature"]["name"] for one in node["attributions"]] == names, True)
    for index, one in enumerate(node["attributions"][: len(names)]):
        figures.near(f"{path}.{names[index]}.attribution", one["attribution"], exact["sums"][at, index], rounded["sums"][at, index], scale)
        figures.near(f"{path}.{names[index]}.magnitude", one["magnitude"], exact["norms"][at, index], rounded["norms"][at, index], scale)
    if "baseline" in exact:
        figures.near(f"{path}.baselineValue", node["baselineValue"], exact["baseline"][at], rounded["baseline"][at], scale)
    if question["method"] in COMPLETE:
        gaps = [gaps_of(one, len(names))[at] for one in (exact, rounded)]
        figures.near(f"{path}.convergenceDelta", node["convergenceDelta"], gaps[0], gaps[1], scale + float(np.abs(exact["sums"][at]).max()))


class NeuronSaliency(Kind):
    """Of a unit of a layer whose values are those of a step of the net."""

    @staticmethod
    def draw(rng, subject):
        layer = rng.choice(subject.tapped) if subject.tapped else None
        method = rng.choice([one for one in METHODS if one != "DEEP_LIFT"])
        if layer is None:
            return None
        return {
            "kind": "NeuronSaliency", "rows": rows_of(rng, subject), "layer": layer["name"], "tap": layer["tap"], "method": method,
            "index": rng.randrange(layer["units"]), "options": options_drawn(rng, subject, method), "target": {},
        }  # fmt: skip

    @staticmethod
    def text(question, subject):
        return f"""layer(name: "{question["layer"]}") {{ neuron(index: {question["index"]}) {{ saliency({rows_text(question["rows"])},
          method: {question["method"]} {options_text(question["options"])}) {{ {SALIENCY} }} }} }}"""

    @staticmethod
    def refused(question, subject):
        return Saliency.refused(question, subject)

    @staticmethod
    def judge(question, subject, answer, figures):
        view, tap = view_of(question, subject), (question["tap"], question["index"])
        if answer is None or answer["neuron"]["saliency"] is None:
            return
        explainers = [Explainer(view, {}, one, tap) for one in PRECISIONS]
        judge_saliency(question, view, answer["neuron"]["saliency"], figures, explainers)


class Predictions(Kind):
    """Rows written by hand: scores, and what explains them."""

    @staticmethod
    def draw(rng, subject):
        good = [at for at, one in enumerate(subject.encoded) if one is not None]
        method = rng.choice(METHODS)
        if not good:
            return None
        return {
            "kind": "Predictions", "picked": rng.sample(good, min(len(good), rng.choice([1, 3]))), "target": target_drawn(rng, subject),
            "method": method, "options": options_drawn(rng, subject, method), "explained": rng.random() < 0.6,
            "left": [name for name in optional(subject) if rng.random() < 0.15],
        }  # fmt: skip

    @staticmethod
    def text(question, subject):
        columns = {one["name"]: one["column"] for one in subject.manifest["features"]}
        left = question.get("left", [])
        rows = literal([{name: subject.rows[at][c] for name, c in columns.items() if name not in left} for at in question["picked"]])
        if not question["explained"]:
            return f"predictions(rows: {rows} {target_text(question['target'])}) {{ score target }}"
        return f"""explanationsOf(rows: {rows}, method: {question["method"]} {target_text(question["target"])}
          {options_text(question["options"])}) {{ {Explanations.FIELDS} }}"""

    @staticmethod
    def refused(question, subject):
        return Saliency.refused(question, subject) if question["explained"] else set()

    @staticmethod
    def judge(question, subject, answer, figures):
        # A row written by hand has its place in the list for an index.
        view = View(subject, list(question["picked"]), 0)
        columns = {one["column"]: None for one in subject.manifest["features"] if one["name"] in question.get("left", [])}
        view.encoded = [binding.encode(subject.case, row | columns) for row in view.rows]
        found = None
        if question["explained"]:
            explainers = [Explainer(view, question["target"], one) for one in PRECISIONS]
            view.index = list(range(len(view.index)))
            found = [one.attributed(question["method"], question["options"]) for one in explainers]
        exact, *others = ({"target": view.target(one, question["target"])} for one in PRECISIONS)
        targets = exact["target"], worst(exact, *others)["target"]
        for at, node in enumerate(answer):
            figures.near(f"row {at}.score", node["score"], view.scores[at], view.rounded_scores[at], 1)
            figures.near(f"row {at}.target", node["target"], targets[0][at], targets[1][at], 0.05 * abs(targets[0][at]))
            if found is not None:
                judge_row(question, view, node, at, found, figures)
