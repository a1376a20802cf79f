"""Questions beside those of attribution: interactions, responses, conductance, probes, embedding tables."""

import itertools
from collections import Counter

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression

import binding
import evaluation
from ask_attribution import baseline_drawn, has_no_missing
from ask_layers import a_layer, observed
from attribution import Explainer
from compare import Figures
from questions import Kind, options_text, rows_of, rows_text, target_drawn, target_text, view_of
from subject import PRECISIONS, Subject, View, worst


class Interactions(Kind):
    @staticmethod
    def draw(rng, subject):
        method = rng.choice(["ABLATION", "HESSIAN"])
        return {"kind": "Interactions", "rows": rows_of(rng, subject), "method": method, "target": target_drawn(rng, subject, 0.4)}

    @staticmethod
    def text(question, subject):
        return f"""interactions({rows_text(question["rows"])}, method: {question["method"]} {target_text(question["target"])}, first: 500)
          {{ features {{ name }} score share }}"""

    @staticmethod
    def judge(question, subject, answer, figures):
        view = view_of(question, subject)
        scorer = {"ABLATION": ablated, "HESSIAN": hessians}[question["method"]]
        exact, *others = (scorer(Explainer(view, question["target"], one)) for one in PRECISIONS)
        rounded = worst(exact, *others)
        names = subject.features
        figures.exact("pairs", len(answer), len(exact))
        scale = max([1e-6, *exact.values()])
        if question["method"] == "ABLATION":
            scale = max(scale, float(np.abs(view.target(asked=question["target"])).max()) * 0.2)
        for one in answer:
            pair = tuple(sorted(names.index(feature["name"]) for feature in one["features"]))
            figures.near(f"{names[pair[0]]} × {names[pair[1]]}", one["score"], exact[pair], rounded[pair], scale)


def ablated(explainer: Explainer) -> dict:
    baseline, count = explainer.baseline({}), len(explainer.names)
    without = lambda *features: explainer.moved({}, set(features), baseline)
    whole, single = without(), [without(at) for at in range(count)]
    pairs = itertools.combinations(range(count), 2)
    return {(i, j): float((whole - single[i] - single[j] + without(i, j)).abs().mean()) for i, j in pairs}


def hessians(explainer: Explainer) -> dict:
    """Mean Frobenius norm of the mixed second derivatives between the carriers of two features."""
    leaves = [one.detach().clone().requires_grad_() for one in explainer.carriers]
    slopes = torch.autograd.grad(explainer.f(leaves).sum(), leaves, create_graph=True, allow_unused=True)
    squares: dict = {pair: 0 for pair in itertools.combinations(range(len(explainer.names)), 2)}
    for owner, slope, keep in zip(explainer.owners, slopes, explainer.kept):
        for element in () if slope is None or not slope.requires_grad else (slope * keep).flatten(1).unbind(1):
            second = torch.autograd.grad(element.sum(), leaves, retain_graph=True, allow_unused=True)
            for other, one, kept in zip(explainer.owners, second, explainer.kept):
                if owner < other and one is not None:
                    squares[owner, other] = squares[owner, other] + ((one * kept) ** 2).flatten(1).sum(1)
    return {pair: 0.0 if isinstance(value, int) else float(value.sqrt().mean()) for pair, value in squares.items()}


class Response(Kind):
    @staticmethod
    def draw(rng, subject):
        known = [f for f in subject.manifest["features"] if f["kind"] in ("NUMERIC", "CATEGORICAL")]
        if not known:
            return None
        feature = rng.choice(known)["name"]
        points = rng.choice([1, 3, 8, 200])
        return {"kind": "Response", "rows": rows_of(rng, subject), "feature": feature, "points": points, "target": target_drawn(rng, subject)}

    @staticmethod
    def text(question, subject):
        return f"""response(feature: "{question["feature"]}", {rows_text(question["rows"])}, points: {question["points"]}
          {target_text(question["target"])}) {{ points {{ value mean standardDeviation rowCount }} }}"""

    @staticmethod
    def refused(question, subject):
        values = [row[column_of(question, subject)] for row in view_of(question, subject).rows]
        return {"BAD_USER_INPUT", "ANALYSIS_FAILED"} if all(one is None for one in values) else set()

    @staticmethod
    def judge(question, subject, answer, figures):
        view, column = view_of(question, subject), column_of(question, subject)
        raw = [row[column] for row in view.rows if row[column] is not None]
        kind = next(f for f in subject.manifest["features"] if f["name"] == question["feature"])["kind"]
        got = answer["points"]
        if kind == "NUMERIC":
            shares = (np.arange(question["points"]) + 0.5) / question["points"]
            values = merged(np.quantile(np.array(raw, dtype=float), shares))
            figures.list_near("values", [float(one["value"]) for one in got], values, None, None, 1e-9)
        else:
            counts = Counter(raw)
            count = min(question["points"], len(counts))
            figures.exact("number of values", len(got), count)
            rarest = sorted(counts.values(), reverse=True)[count - 1]
            kept = [one["value"] for one in got]
            figures.exact("values are the most frequent", all(counts[one] >= rarest for one in kept), True)
            figures.exact("values once each", len(set(kept)), len(kept))
        explainers = [Explainer(view, question["target"], one) for one in PRECISIONS]
        for one in got:
            exact, *others = ({"f": responded(explainer, question["feature"], one["value"])} for explainer in explainers)
            found = exact["f"], worst(exact, *others)["f"]
            scale = float(np.abs(found[0]).max())
            figures.exact(f"{one['value']}.rowCount", one["rowCount"], len(view.index))
            figures.near(f"{one['value']}.mean", one["mean"], found[0].mean(), found[1].mean(), scale)
            figures.near(f"{one['value']}.standardDeviation", one["standardDeviation"], found[0].std(), found[1].std(), scale)


def column_of(question: dict, subject: Subject) -> str:
    return next(f["column"] for f in subject.manifest["features"] if f["name"] == question["feature"])


def merged(values: np.ndarray) -> list[float]:
    """Equal ones are one; what differs by the rounding of the interpolation is equal."""
    kept: list[float] = []
    for value in values.tolist():
        if not kept or abs(value - kept[-1]) > 1e-12 * max(1, abs(value)):
            kept.append(value)
    return kept


def responded(explainer: Explainer, feature: str, value) -> np.ndarray:
    """The target of every row with the feature set to a raw value."""
    view, case = explainer.view, explainer.case
    column = next(f["column"] for f in view.subject.manifest["features"] if f["name"] == feature)
    rows = [row | {column: value} for row in view.rows]
    given = binding.given_of(case, [binding.encode(case, row) for row in rows], explainer.dtype)
    return explainer.at_values(given).double().numpy()


class Conductance(Kind):
    @staticmethod
    def draw(rng, subject):
        if not subject.tapped:
            return None
        layer = rng.choice(subject.tapped)
        options = {"steps": rng.choice([1, 5, 20])}
        if rng.random() < 0.5:
            options["baseline"] = baseline_drawn(rng, subject)
        return {
            "kind": "Conductance", "rows": rows_of(rng, subject), "layer": layer["name"], "tap": layer["tap"], "options": options,
            "target": target_drawn(rng, subject),
        }  # fmt: skip

    @staticmethod
    def text(question, subject):
        arguments = f"{rows_text(question['rows'])} {target_text(question['target'])} {options_text(question['options'])}"
        return f"""layer(name: "{question["layer"]}") {{ conductance({arguments}) {{ neuron {{ index }} mean meanAbsolute }}
          conductanceConvergence({arguments}) {{ meanAbsolute maxAbsolute }} }}"""

    @staticmethod
    def refused(question, subject):
        return {"BAD_USER_INPUT", "BINDING_MISMATCH"} if has_no_missing(question, subject) else set()

    @staticmethod
    def judge(question, subject, answer, figures):
        view = view_of(question, subject)
        if answer is None or answer["conductance"] is None:
            return
        exact, *others = (dict(enumerate(conducted(Explainer(view, question["target"], one), question))) for one in PRECISIONS)
        rounded = worst(exact, *others)
        scale = max(float(np.abs(exact[0]).mean(0).max()), 0.05 * float(np.abs(exact[1]).max()))
        figures.exact("units", [one["neuron"]["index"] for one in answer["conductance"]] == list(range(exact[0].shape[1])), True)
        for at, one in enumerate(answer["conductance"]):
            figures.near(f"mean[{at}]", one["mean"], exact[0][:, at].mean(), rounded[0][:, at].mean(), scale)
            figures.near(f"meanAbsolute[{at}]", one["meanAbsolute"], np.abs(exact[0][:, at]).mean(), np.abs(rounded[0][:, at]).mean(), scale)
        gaps = [np.abs(one[0].sum(1) - one[1]) for one in (exact, rounded)]
        near = max(scale, float(np.abs(exact[0]).max()))
        got = answer["conductanceConvergence"]
        figures.near("convergence.meanAbsolute", got["meanAbsolute"], gaps[0].mean(), gaps[1].mean(), near)
        figures.near("convergence.maxAbsolute", got["maxAbsolute"], gaps[0].max(), gaps[1].max(), near)


def conducted(explainer: Explainer, question: dict):
    """Σₖ (y(αₖ₊₁) − y(αₖ)) ∂f/∂y(αₖ), [rows, units], and f(x) − f(baseline), [rows]."""
    steps, net = question["options"]["steps"], explainer.net
    baseline = explainer.baseline(question["options"].get("baseline", {}))
    total, before, ends = 0, None, []
    for step in range(steps + 1):
        found: list = []

        def tapped(name, x, found=found):
            if name == question["tap"] and not found:
                found.append(x.detach().requires_grad_())
                return found[0]
            return x

        net.taps = tapped
        value = explainer.f(explainer.between(baseline, step / steps))
        net.taps = None
        (slope,) = torch.autograd.grad(value.sum(), found[0], allow_unused=True)
        y, slope = found[0].detach(), torch.zeros_like(found[0]) if slope is None else slope
        if before is not None:
            total = total + (y - before[0]) * before[1]
        before = (y, slope)
        ends.append(value.detach())
    return total.double().numpy(), (ends[-1] - ends[0]).double().numpy()


class Probe(Kind):
    @staticmethod
    def draw(rng, subject):
        layer = a_layer(rng, subject)
        if layer is None or subject.case["data"]["invalid"]:
            return None
        return {"kind": "Probe", "layer": layer["name"], "train": rows_of(rng, subject), "test": rows_of(rng, subject), "l2": rng.choice([0.1, 1, 10])}

    @staticmethod
    def text(question, subject):
        train = rows_text(question["train"]).replace("rows:", "train:", 1)
        test = rows_text(question["test"]).replace("rows:", "test:", 1)
        return f"""layer(name: "{question["layer"]}") {{ name units kind probe({train}, {test}, options: {{ l2: {question["l2"]},
          tolerance: 1e-10, control: false }}) {{ auc trainAuc logLoss trainRowCount testRowCount intercept converged
          weights(first: 4096) {{ neuron {{ index }} weight }} }} }}"""

    @staticmethod
    def refused(question, subject):
        views = [subject.view(question[name]) for name in ("train", "test")]
        if any(np.isnan(view.labels).all() for view in views):
            return {"BAD_USER_INPUT", "ANALYSIS_FAILED"}
        return set()

    @staticmethod
    def judge(question, subject, answer, figures):
        train, test = (subject.view(question[name]) for name in ("train", "test"))
        got = answer["probe"]
        x, other = observed(train, answer), observed(test, answer)
        if x is None or other is None or got is None:
            return
        known, tested = ~np.isnan(train.labels), ~np.isnan(test.labels)
        x, y, other, judged = x.mean(1)[known], train.labels[known], other.mean(1)[tested], test.labels[tested]
        figures.exact("trainRowCount", got["trainRowCount"], len(y))
        figures.exact("testRowCount", got["testRowCount"], len(judged))
        deviations = x.std(0)
        if len(set(y)) < 2 or (deviations <= 1e-3 * np.abs(x).max(0)).any() or not np.isfinite(x).all():
            return
        z, later = (x - x.mean(0)) / deviations, (other - x.mean(0)) / deviations
        weights = np.zeros(x.shape[1])
        for one in got["weights"]:
            weights[one["neuron"]["index"]] = one["weight"]
        judge_fit(question, got, z, y, weights, figures)
        logits = later @ weights + got["intercept"]
        losses = evaluation.log_losses(judged, logits)
        figures.near("logLoss", got["logLoss"], losses.mean(), None, 1, 1e-3)
        # What float32 rounds of a unit is more of a unit that moves less.
        rounding = 3e-7 * (np.abs(x).max(0) / deviations) @ np.abs(weights)
        for name, labels, values in (("auc", judged, logits), ("trainAuc", y, z @ weights)):
            ranks = evaluation.Ranks(values, values.astype(np.float32).astype(float) + 1e-5 * np.abs(values).max() + rounding)
            figures.within(name, got[name], *ranks.range(lambda one, labels=labels: evaluation.auc(labels, one)))


def judge_fit(question: dict, got: dict, z, y, weights, figures: Figures) -> None:
    """The objective at the weights that were told is that at scikit-learn's, and so are the weights."""
    fitted = LogisticRegression(C=1 / question["l2"], tol=1e-10, max_iter=10000).fit(z, y)
    objective = lambda w, b: 0.5 * question["l2"] * (w**2).sum() + evaluation.log_losses(y, z @ w + b).sum()
    want = objective(fitted.coef_[0], fitted.intercept_[0])
    figures.near("objective", objective(weights, got["intercept"]), want, None, len(y) * 0.1, 1e-4)
    figures.exact("converged", got["converged"], True)
    scale = max(1e-2, float(np.abs(fitted.coef_).max()))
    figures.list_near("weights", weights.tolist(), fitted.coef_[0], None, scale, 5e-3)
    figures.near("intercept", got["intercept"], float(fitted.intercept_[0]), None, scale, 5e-3)


class Embeddings(Kind):
    @staticmethod
    def draw(rng, subject):
        return {"kind": "Embeddings", "rows": rows_of(rng, subject), "bins": rng.choice([1, 10, 40]), "entry": rng.randrange(2), "first": rng.choice([1, 3])}

    @staticmethod
    def text(question, subject):
        return f"""features {{ name embeddings {{ dimension entryCount informationAbundance effectiveRank
          norms(bins: {question["bins"]}) {{ edges counts }} nearest(id: {question["entry"]}, first: {question["first"]}) {{ entry cosine }}
          normByFrequency({rows_text(question["rows"])}) {{ minimum maximum entryCount meanNorm }} }} }}"""

    @staticmethod
    def judge(question, subject, answer, figures):
        view = view_of(question, subject)
        counts = counts_of(view)
        fields = {field["name"]: field for field in subject.case["fields"]}
        net = subject.nets[torch.float64]
        for feature in answer:
            field = fields.get(feature["name"])
            if field is None or field["kind"] not in ("CATEGORICAL", "SEQUENCE") or (field.get("bag") and subject.case["opset"] < 16):
                continue
            tables = {(field.get("table") or field["name"], False): net.table_of(field).weight}
            if field.get("wide"):
                tables[field["name"], True] = net.wide[field["name"]].weight
            known = feature["embeddings"]
            figures.exact(f"{feature['name']}: tables", len(known), len(tables))
            for key, weight in tables.items():
                same = [one for one in known if one["dimension"] == weight.shape[1]]
                if len(same) == 1:
                    judge_table(question, feature["name"], same[0], weight.detach().numpy(), counts[key], figures)


def counts_of(view: View) -> dict:
    """How often each entry of a table occurs, padding aside; by the table's owner and whether it is the wide one."""
    counts: dict = {}
    for field in view.subject.case["fields"]:
        if field["kind"] not in ("CATEGORICAL", "SEQUENCE"):
            continue
        ids = view.given[torch.float64][field["name"]]
        if field.get("bag"):
            ids = ids[view.given[torch.float64][field["name"] + "/real"]]
        elif field["kind"] == "SEQUENCE":
            ids = ids[ids != field["padding"]]
        own = np.bincount(ids.flatten().numpy(), minlength=field["size"])
        for key in ((field.get("table") or field["name"], False), (field["name"], True)):
            counts[key] = counts.get(key, 0) + own
    return counts


def judge_table(question: dict, name: str, got: dict, table: np.ndarray, counts: np.ndarray, figures: Figures) -> None:
    norms = np.linalg.norm(table, axis=1)
    singular = np.linalg.svd(table, compute_uv=False)
    figures.exact(f"{name}.entryCount", got["entryCount"], len(table))
    figures.near(f"{name}.informationAbundance", got["informationAbundance"], singular.sum() / singular[0], None, 1, 1e-4)
    figures.near(f"{name}.effectiveRank", got["effectiveRank"], (singular**2).sum() ** 2 / (singular**4).sum())
    edges = np.linspace(norms.min(), norms.max(), question["bins"] + 1)
    figures.list_near(f"{name}.norms.edges", got["norms"]["edges"], edges)
    below = np.cumsum(got["norms"]["counts"])
    figures.exact(f"{name}.norms total", int(below[-1]), len(table))
    for at, edge in enumerate(edges[1:-1]):
        near = int((np.abs(norms - edge) <= 1e-6 * norms.max()).sum())
        count = int((norms < edge).sum())
        figures.within(f"{name}.norms below edge {at + 1}", int(below[at]), count - near, count + near)
    cosines = table @ table[question["entry"]] / norms / norms[question["entry"]]
    cosines[question["entry"]] = -np.inf
    best = np.sort(cosines)[::-1][: min(question["first"], len(table) - 1)]
    figures.list_near(f"{name}.nearest.cosine", [one["cosine"] for one in got["nearest"]], best, None, 1)
    for one in got["nearest"]:
        figures.near(f"{name}.nearest {one['entry']}", one["cosine"], cosines[one["entry"]], None, 1)
    for bucket in got["normByFrequency"]:
        high = np.inf if bucket["maximum"] is None else bucket["maximum"]
        own = (counts >= bucket["minimum"]) & (counts <= high)
        path = f"{name}.frequency from {bucket['minimum']}"
        figures.exact(path + ".entryCount", bucket["entryCount"], int(own.sum()))
        figures.near(path + ".meanNorm", bucket["meanNorm"], norms[own].mean() if own.any() else None)
    figures.exact(f"{name}.frequency entries", sum(one["entryCount"] for one in got["normByFrequency"]), len(table))
