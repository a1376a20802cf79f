"""Questions about layers and neurons: statistics, distributions, the strongest rows, similarity, projection."""

import random

import numpy as np

import layers as right
from compare import Figures
from questions import Kind, rows_of, rows_text, view_of
from subject import Subject, View

ROUNDING = 1e-6
"""How far float32 is from itself, on another processor or in another batch, of the largest."""


def observed(view: View, layer: dict):
    """[rows, positions, units], or None."""
    values = view.tensors.get(layer["name"])
    if values is None or values.dtype.kind != "f" or layer["name"] not in view.subject.by_rows:
        return None
    return right.observations(values, layer["units"], layer["kind"])


class Statistics(Kind):
    @staticmethod
    def draw(rng, subject):
        return {"kind": "Statistics", "rows": rows_of(rng, subject)}

    @staticmethod
    def text(question, subject):
        return f"""layers(first: 100) {{ nodes {{ name kind units statistics({rows_text(question["rows"])}) {{
          observationCount mean standardDeviation zeroFraction deadUnits effectiveRank correlations(first: 4) {{ units values }}
          neurons {{ mean standardDeviation minimum maximum zeroFraction correlationWithScore correlationWithLabel }} }} }} }}"""

    @staticmethod
    def judge(question, subject, answer, figures):
        view = view_of(question, subject)
        for layer in answer["nodes"]:
            values = observed(view, layer)
            if values is not None and layer["statistics"] is not None and np.isfinite(values).all():
                judge_layer(view, layer, values, figures)


def judge_layer(view: View, layer: dict, values: np.ndarray, figures: Figures) -> None:
    got, path = layer["statistics"], layer["name"]
    flat = values.reshape(-1, values.shape[2])
    scale, deviations = float(np.abs(flat).max()), flat.std(0)
    # What moves by no more than float32 rounds has no figures of its own.
    moves = deviations > 1e-3 * np.abs(flat).max(0)
    figures.exact(path + ".observationCount", got["observationCount"], len(flat))
    figures.near(path + ".mean", got["mean"], flat.mean(), None, scale)
    figures.near(path + ".standardDeviation", got["standardDeviation"], flat.std(), None, scale)
    for name, exact in {"mean": flat.mean(0), "standardDeviation": deviations, "minimum": flat.min(0), "maximum": flat.max(0)}.items():
        figures.list_near(f"{path}.neurons.{name}", got["neurons"][name], exact, None, scale)
    figures.list_near(path + ".zeroFraction", got["neurons"]["zeroFraction"], (flat == 0).mean(0))
    constant = flat.max(0) == flat.min(0)
    if (constant | moves).all():
        figures.exact(path + ".deadUnits", got["deadUnits"], int(constant.sum()))
        rank = right.effective_rank(flat)
        figures.near(path + ".effectiveRank", got["effectiveRank"], rank if moves.any() else None, None, 1)
    positions = values.shape[1]
    for name, other in (("correlationWithScore", view.scores), ("correlationWithLabel", view.labels)):
        known = ~np.isnan(other)
        if not known.any() or (name == "correlationWithScore" and other.std() <= max(1e-15, 1e-4 * np.abs(other).max())):
            continue
        inside = values[known].reshape(-1, flat.shape[1])
        exact = right.correlation(inside, np.repeat(other[known], positions))
        steady = inside.std(0) > 1e-3 * np.abs(flat).max(0)
        for unit, want in enumerate(exact):
            if steady[unit]:
                figures.near(f"{path}.{name}[{unit}]", got["neurons"][name][unit], want, None, 1, 1e-4)
    if moves.sum() > 1:
        judge_correlations(path, got["correlations"], flat, moves, figures)


def judge_correlations(path: str, got: dict, flat: np.ndarray, moves: np.ndarray, figures: Figures) -> None:
    for i, first in enumerate(got["units"]):
        for j, other in enumerate(got["units"]):
            if moves[first] and moves[other]:
                want = float(np.corrcoef(flat[:, first], flat[:, other])[0, 1])
                figures.near(f"{path}.correlations[{first},{other}]", got["values"][i][j], want, None, 1, 1e-4)


def a_layer(rng: random.Random, subject: Subject):
    return rng.choice(subject.layers) if subject.layers else None


class Neuron(Kind):
    @staticmethod
    def draw(rng, subject):
        layer = a_layer(rng, subject)
        if layer is None:
            return None
        return {
            "kind": "Neuron", "rows": rows_of(rng, subject), "layer": layer["name"], "index": rng.randrange(layer["units"]),
            "bins": rng.choice([1, 10, 40, 7]), "first": rng.choice([1, 5]),
        }  # fmt: skip

    @staticmethod
    def text(question, subject):
        rows = rows_text(question["rows"])
        return f"""layer(name: "{question["layer"]}") {{ units kind name neuron(index: {question["index"]}) {{ statistics({rows}) {{
          meanWhenPositive meanWhenNegative saturatedFraction quantiles(at: [0, 0.1, 0.5, 0.9, 1]) {{ at value }}
          histogram(bins: {question["bins"]}) {{ edges counts positiveCounts }} }}
          topExamples({rows}, first: {question["first"]}) {{ activation score row {{ index }} }} }} }}"""

    @staticmethod
    def judge(question, subject, answer, figures):
        view = view_of(question, subject)
        values = observed(view, answer)
        if values is None or answer["neuron"]["statistics"] is None or not np.isfinite(values).all():
            return
        unit, got = values[:, :, question["index"]], answer["neuron"]["statistics"]
        low, high, scale = unit.min(), unit.max(), float(np.abs(unit).max())
        for name, label in (("meanWhenPositive", 1), ("meanWhenNegative", 0)):
            own = unit[view.labels == label]
            figures.near(name, got[name], own.mean() if len(own) else None, None, scale)
        step = (high - low) / 1200 * 1.01
        for one in got["quantiles"]:
            want = np.quantile(unit, one["at"])
            figures.within(f"quantile {one['at']}", one["value"], want - step, want + step, 3e-6 * scale)
        judge_histogram(question, view, unit, got["histogram"], figures)
        judge_top(question, view, unit, answer["neuron"]["topExamples"], figures)


def judge_histogram(question, view: View, unit: np.ndarray, got: dict, figures: Figures) -> None:
    bins, scale = question["bins"], float(np.abs(unit).max())
    figures.exact("histogram.counts.length", len(got["counts"]), bins)
    figures.exact("histogram total", sum(got["counts"]), unit.size)
    labelled = not np.isnan(view.labels).all()
    figures.exact("histogram.positiveCounts", None if got["positiveCounts"] is None else sum(got["positiveCounts"]), int((view.labels == 1).sum() * unit.shape[1]) if labelled else None)
    if 1200 % bins or unit.max() - unit.min() <= 1e-3 * scale:
        return
    edges = np.linspace(unit.min(), unit.max(), bins + 1)
    figures.list_near("histogram.edges", got["edges"], edges, None, scale)
    below = np.cumsum(got["counts"])
    for at, (count, near) in enumerate(right.histogram_slack(unit, edges, 4 * ROUNDING * scale)):
        figures.within(f"histogram below edge {at + 1}", int(below[at]), count - near, count + near)


def judge_top(question, view: View, unit: np.ndarray, got: list, figures: Figures) -> None:
    strongest = unit.max(1)
    order = sorted(range(len(strongest)), key=lambda at: (-strongest[at], at))[: question["first"]]
    scale = float(np.abs(strongest).max())
    figures.list_near("topExamples.activation", [one["activation"] for one in got], strongest[order], None, scale)
    for one in got:
        index = one["row"]["index"]
        figures.exact(f"topExamples has a row {index} of those selected", index in view.index, True)
        if index in view.index:
            at = view.index.index(index)
            figures.near(f"topExamples.activation of row {index}", one["activation"], strongest[at], None, scale)
            figures.near(f"topExamples.score of row {index}", one["score"], view.scores[at], view.rounded_scores[at], 1)
    gaps = np.abs(np.diff(np.sort(strongest)))
    if len(gaps) and gaps.min() > 1e-5 * scale:
        figures.exact("topExamples.rows", [one["row"]["index"] for one in got] == [view.index[at] for at in order], True)


class Ordered(Kind):
    """Neurons by a statistic: in order, and all of them."""

    FIELDS = {
        "MEAN": "mean", "STANDARD_DEVIATION": "standardDeviation", "ZERO_FRACTION": "zeroFraction", "CORRELATION_WITH_SCORE": "correlationWithScore",
        "ABS_CORRELATION_WITH_LABEL": "correlationWithLabel",
    }  # fmt: skip

    @staticmethod
    def draw(rng, subject):
        layer = a_layer(rng, subject)
        if layer is None:
            return None
        order = {"field": rng.choice(list(Ordered.FIELDS)), "direction": rng.choice(["ASC", "DESC"])}
        return {"kind": "Ordered", "rows": rows_of(rng, subject), "layer": layer["name"], "order": order}

    @staticmethod
    def text(question, subject):
        order = question["order"]
        return f"""layer(name: "{question["layer"]}") {{ units neurons({rows_text(question["rows"])}, first: 1000,
          orderBy: {{field: {order["field"]}, direction: {order["direction"]}}}) {{ edges {{ node {{ index }}
          statistics {{ {Ordered.FIELDS[order["field"]]} }} }} }} }}"""

    @staticmethod
    def judge(question, subject, answer, figures):
        order, edges = question["order"], answer["neurons"]["edges"]
        figures.exact("all units", sorted(one["node"]["index"] for one in edges), list(range(answer["units"])))
        values = [one["statistics"][Ordered.FIELDS[order["field"]]] for one in edges]
        values = [abs(one) if one is not None and order["field"].startswith("ABS") else one for one in values]
        keys = [(one is None, (one or 0) * (-1 if order["direction"] == "DESC" else 1), edge["node"]["index"]) for one, edge in zip(values, edges)]
        figures.exact("in order", keys == sorted(keys), True)


class Similarity(Kind):
    @staticmethod
    def draw(rng, subject):
        return {"kind": "Similarity", "rows": rows_of(rng, subject)}

    @staticmethod
    def text(question, subject):
        layer = "{ name units kind }"
        return f"similarity({rows_text(question['rows'])}) {{ baseLayers {layer} candidateLayers {layer} values }}"

    @staticmethod
    def judge(question, subject, answer, figures):
        view = view_of(question, subject)
        known = [observed(view, layer) for layer in answer["baseLayers"]]
        names = [layer["name"] for layer in answer["baseLayers"]]
        for i, x in enumerate(known):
            for j, y in enumerate(known):
                if x is None or y is None or not (steady(x) and steady(y)):
                    continue
                same = x.shape[1] == y.shape[1]
                flat = lambda one, same=same: one.reshape(-1, one.shape[2]) if same else one.mean(1)
                if steady(flat(x)[:, None]) and steady(flat(y)[:, None]):
                    figures.near(f"{names[i]} × {names[j]}", answer["values"][i][j], right.cka(flat(x), flat(y)), None, 1, 1e-4)


def steady(values: np.ndarray) -> bool:
    """Whether a layer moves by much more than float32 rounds."""
    flat = values.reshape(-1, values.shape[2])
    return bool(np.isfinite(flat).all() and len(flat) > 1 and flat.std(0).max() > 1e-2 * np.abs(flat).max())


class Projection(Kind):
    @staticmethod
    def draw(rng, subject):
        layer = a_layer(rng, subject)
        if layer is None:
            return None
        return {"kind": "Projection", "rows": rows_of(rng, subject), "layer": layer["name"], "components": rng.randint(1, min(3, layer["units"]))}

    @staticmethod
    def text(question, subject):
        return f"""layer(name: "{question["layer"]}") {{ name units kind projection({rows_text(question["rows"])},
          components: {question["components"]}) {{ explainedVariance points {{ coordinates score row {{ index }} }} }} }}"""

    @staticmethod
    def judge(question, subject, answer, figures):
        view = view_of(question, subject)
        values, got = observed(view, answer), answer["projection"]
        if values is None or got is None:
            return
        figures.exact("rows", [one["row"]["index"] for one in got["points"]] == view.index, True)
        figures.list_near("score", [one["score"] for one in got["points"]], view.scores, view.rounded_scores)
        means = values.mean(1)
        if not steady(means[:, None]):
            return
        shares, coordinates, spectrum = right.principal(means, question["components"])
        count = min(question["components"], len(got["explainedVariance"] or []))
        for at in range(count):
            figures.near(f"explainedVariance[{at}]", got["explainedVariance"][at], shares[at] if at < len(shares) else 0, None, 1)
            others = np.delete(spectrum, at) if at < len(spectrum) else [0]
            if at < len(spectrum) and spectrum[at] > 1e-5 * spectrum[0] and np.abs(others - spectrum[at]).min(initial=np.inf) > 1e-3 * spectrum[0]:
                own = np.array([one["coordinates"][at] for one in got["points"]])
                sign = 1 if own @ coordinates[:, at] >= 0 else -1
                figures.list_near(f"coordinates[{at}]", own.tolist(), sign * coordinates[:, at], None, None, 2e-3)
