"""Attributions of every method in either precision, from the definitions of docs/analyses/attribution.md."""

import numpy as np
import torch

import binding
from draws import PLACE, Draw
from subject import SHAKEN, View, target_of

GRADIENT = ["SALIENCY", "INPUT_X_GRADIENT", "INTEGRATED_GRADIENTS", "SMOOTHGRAD", "SMOOTHGRAD_SQUARED", "VARGRAD", "GRADIENT_SHAP", "DEEP_LIFT"]
PERTURBATION = ["FEATURE_ABLATION", "FEATURE_PERMUTATION", "SHAPLEY_SAMPLING"]
COMPLETE = ["INTEGRATED_GRADIENTS", "DEEP_LIFT", "GRADIENT_SHAP", "SHAPLEY_SAMPLING"]
WITH_BASELINE = [*COMPLETE, "FEATURE_ABLATION"]
WITH_SAMPLES = ["SMOOTHGRAD", "SMOOTHGRAD_SQUARED", "VARGRAD", "GRADIENT_SHAP", "SHAPLEY_SAMPLING", "FEATURE_PERMUTATION"]
WITH_NOISE = ["SMOOTHGRAD", "SMOOTHGRAD_SQUARED", "VARGRAD", "GRADIENT_SHAP"]


class Explainer:
    """f of carriers, or of whole values, on the rows of a view. `subject_of` a unit's: f is its activation, summed over positions."""

    def __init__(self, view: View, target: dict, dtype, tap: tuple[str, int] | None = None):
        self.view, self.subject, self.target, self.tap = view, view.subject, target, tap
        self.dtype = torch.float32 if dtype == SHAKEN else dtype
        self.case, self.net, self.given = view.subject.case, view.subject.nets[dtype], view.given[dtype]
        self.names = self.subject.features
        self.owners, self.carriers, self.kept = [], [], []
        looked, kept = self.net.lookup(self.given), binding.kept_of(self.case, self.given)
        self.keys = []
        for field in self.case["fields"]:
            for at, carrier in enumerate(looked[field["name"]]):
                one = carrier.detach()
                name = f"{field['name']}_{at}" if field["kind"] == "WINDOW" else field["name"]
                self.owners.append(self.names.index(name))
                self.keys.append((field["name"], at))
                self.carriers.append(one)
                keep = kept.get(field["name"], torch.ones([len(one)] + [1] * (one.dim() - 1)))
                self.kept.append(keep.to(self.dtype).expand_as(one))

    def f(self, carriers: list, given: dict | None = None):
        by_name: dict[str, list] = {}
        for (name, _), carrier in zip(self.keys, carriers):
            by_name.setdefault(name, []).append(carrier)
        return self.of(by_name, given or self.given)

    def of(self, by_name: dict, given: dict):
        if self.tap is None:
            return target_of(self.case, self.net.logits(by_name, given), self.target)
        found = []
        self.net.taps = lambda name, x: found.append(x) or x if name == self.tap[0] else x
        self.net.logits(by_name, given)
        self.net.taps = None
        return found[0][:, self.tap[1]]

    def at_values(self, given: dict):
        with torch.no_grad():
            return self.of(self.net.lookup(given), given)

    def gradient(self, carriers: list) -> list:
        leaves = [carrier.detach().clone().requires_grad_() for carrier in carriers]
        found = torch.autograd.grad(self.f(leaves).sum(), leaves, allow_unused=True)
        return [torch.zeros_like(leaf) if one is None else one for leaf, one in zip(leaves, found)]

    def baseline(self, asked: dict) -> list:
        """Carriers; what is not moved is where it was."""
        if asked.get("kind", "ZERO") in ("ZERO", "MEAN") and "values" not in asked:
            moved = [torch.zeros_like(one) if asked.get("kind") != "MEAN" else self.mean(at) for at, one in enumerate(self.carriers)]
        else:
            looked = self.net.lookup(self.values(asked))
            moved = [looked[name][at].detach().expand_as(one) for (name, at), one in zip(self.keys, self.carriers)]
        return [keep * b + (1 - keep) * x for b, x, keep in zip(moved, self.carriers, self.kept)]

    def mean(self, at: int):
        carrier, keep = self.carriers[at], self.kept[at]
        field = next(one for one in self.case["fields"] if one["name"] == self.keys[at][0])
        axes = (0, 1) if field.get("bag") else 0
        return ((carrier * keep).sum(axes) / keep.sum(axes).clamp(min=1)).expand_as(carrier)

    def values(self, asked: dict) -> dict:
        """A row of raw values, as many times as there are rows."""
        columns = {feature["name"]: feature["column"] for feature in self.subject.manifest["features"]}
        row = {column: None for column in columns.values()} | {columns[name]: one for name, one in asked.get("values", {}).items()}
        given = binding.given_of(self.case, [binding.encode(self.case, row)], self.dtype)
        return {name: one.expand(len(self.view.index), *one.shape[1:]) for name, one in given.items()}

    def replaced(self, other: dict, features: set[int]) -> dict:
        """Whole values of another row in place of the row's own: a list with its length."""
        given = dict(self.given)
        for field in self.case["fields"]:
            name = field["name"]
            if field["kind"] == "WINDOW":
                shape = given[name].shape
                own, new = given[name].flatten(1).clone(), other[name].flatten(1)
                for at in range(own.shape[1]):
                    if self.names.index(f"{name}_{at}") in features:
                        own[:, at] = new[:, at]
                given[name] = own.reshape(shape)
            elif self.names.index(name) in features:
                given |= {key: as_wide(other[key], given[key]) for key in (name, name + "/length", name + "/real") if key in given}
                if field.get("bag"):
                    given |= {key: as_wide(given[key], other[key]) for key in (name, name + "/real")}
        return given

    def players(self) -> list[set[int]]:
        return [{at} for at in range(len(self.names))] + [set(members) for members in self.subject.groups.values()]

    def reduced(self, attributions: list) -> dict:
        """[rows, players]: sums and L2 norms over the carriers of each feature, then of each group."""
        flat = [(keep * one).flatten(1) for keep, one in zip(self.kept, attributions)]
        parts = [torch.cat([one for owner, one in zip(self.owners, flat) if owner in player], 1) for player in self.players()]
        return {"sums": torch.stack([one.sum(1) for one in parts], 1), "norms": torch.stack([one.norm(dim=1) for one in parts], 1)}

    def attributed(self, method: str, options: dict) -> dict:
        """sums, norms [rows, features then groups], target [rows], and baseline [rows] where there is one."""
        with torch.no_grad():
            target = self.f(self.carriers)
        found = getattr(self, method.lower())(options) | {"target": target}
        return {key: value.detach().double().numpy() for key, value in found.items()}

    # Methods by the gradient.

    def saliency(self, _):
        return self.reduced([one.abs() for one in self.gradient(self.carriers)])

    def input_x_gradient(self, _):
        return self.reduced([g * x for g, x in zip(self.gradient(self.carriers), self.carriers)])

    def between(self, baseline: list, place) -> list:
        """place: [rows] or a number, from 0 at the baseline to 1."""
        at = lambda one: place.reshape([-1] + [1] * (one.dim() - 1)) if isinstance(place, torch.Tensor) else place
        return [b + at(b) * (x - b) for b, x in zip(baseline, self.carriers)]

    def integrated_gradients(self, options):
        baseline = self.baseline(options.get("baseline", {}))
        nodes, weights = np.polynomial.legendre.leggauss(options.get("steps", 50))
        total = [torch.zeros_like(one) for one in self.carriers]
        for node, weight in zip((nodes + 1) / 2, weights / 2):
            total = [t + weight * g for t, g in zip(total, self.gradient(self.between(baseline, float(node))))]
        return self.reduced([(x - b) * t for x, b, t in zip(self.carriers, baseline, total)]) | self.base(baseline)

    def base(self, baseline: list) -> dict:
        with torch.no_grad():
            return {"baseline": self.f(baseline)}

    def elements(self) -> list[int]:
        """The number of each carrier's first element: numbers go through the model's tensors, feature by feature, of each the narrower first."""
        width = lambda at: self.carriers[at][0].numel()
        starts, first, inputs = [0] * len(self.carriers), 0, {}
        for at in sorted(range(len(self.carriers)), key=lambda at: (self.owners[at], width(at))):
            field = next(f for f in self.case["fields"] if f["name"] == self.keys[at][0])
            if field["kind"] in ("CATEGORICAL", "SEQUENCE"):
                starts[at] = first
                first += self.carriers[at].shape[-1] * 2**12 if field.get("bag") else width(at)
                continue
            where, slot = self.subject.layout.places[field["name"]]
            if where not in inputs:
                inputs[where] = first
                first += int(np.prod(self.subject.layout.inputs[where][1], dtype=int))
            starts[at] = inputs[where] + slot + (self.keys[at][1] if field["kind"] == "WINDOW" else 0)
        return starts

    def noisy(self, options, sample: int) -> list:
        """The carriers' noise."""
        scale, seed = options.get("noise", 0.1), options.get("seed", 0)
        if scale == 0:
            return [torch.zeros_like(one) for one in self.carriers]
        draws, noise = [Draw(seed, row, sample) for row in self.view.index], []
        for one, keep, start in zip(self.carriers, self.kept, self.elements()):
            drawn = [[draw.normal(start + element) for element in range(one[0].numel())] for draw in draws]
            noise.append(keep * scale * torch.tensor(np.array(drawn), dtype=self.dtype).reshape(one.shape))
        return noise

    def noisy_gradients(self, options) -> list[list]:
        samples = range(options.get("samples", 25))
        return [self.gradient([x + n for x, n in zip(self.carriers, self.noisy(options, sample))]) for sample in samples]

    def smoothgrad(self, options):
        return self.reduced([torch.stack(one).mean(0) for one in zip(*self.noisy_gradients(options))])

    def smoothgrad_squared(self, options):
        return self.reduced([(torch.stack(one) ** 2).mean(0) for one in zip(*self.noisy_gradients(options))])

    def vargrad(self, options):
        return self.reduced([torch.stack(one).var(0, correction=0) for one in zip(*self.noisy_gradients(options))])

    def gradient_shap(self, options):
        baseline, seed = self.baseline(options.get("baseline", {})), options.get("seed", 0)
        total = [torch.zeros_like(one) for one in self.carriers]
        samples = options.get("samples", 25)
        for sample in range(samples):
            noise = self.noisy({"noise": 0} | options, sample)
            place = torch.tensor([Draw(seed, row, sample).uniform(PLACE) for row in self.view.index], dtype=self.dtype)
            ways = [x + n - b for x, n, b in zip(self.carriers, noise, baseline)]
            at = [b + place.reshape([-1] + [1] * (b.dim() - 1)) * way for b, way in zip(baseline, ways)]
            total = [t + way * g / samples for t, way, g in zip(total, ways, self.gradient(at))]
        return self.reduced(total) | self.base(baseline)

    def deep_lift(self, options):
        """The rescale rule: activations of elements have the slope between the baseline and the row, everything else is linear."""
        baseline = self.baseline(options.get("baseline", {}))
        doubled = [torch.cat([x, b]).requires_grad_() for x, b in zip(self.carriers, baseline)]
        given = {name: torch.cat([one, one]) for name, one in self.given.items()}
        plain = self.net.plain
        self.net.act = lambda name, x, weight=None: Rescaled.apply(lambda y: plain(name, y, weight), x)
        try:
            values = self.rescaled_target(doubled, given)
            multipliers = torch.autograd.grad(values[: len(self.view.index)].sum(), doubled, allow_unused=True)
        finally:
            self.net.act = plain
        half = lambda one, way: torch.zeros_like(way) if one is None else one[: len(way)] + one[len(way) :]
        ways = [x - b for x, b in zip(self.carriers, baseline)]
        return self.reduced([way * half(m, way) for way, m in zip(ways, multipliers)]) | self.base(baseline)

    def rescaled_target(self, carriers: list, given: dict):
        asked = self.target
        heads = {"PROBABILITY"} | (set() if self.case["head"]["kind"] in ("LOGIT", "VALUE") else {"OUTPUT"})
        if self.tap is not None or asked.get("space") not in heads:
            return self.f(carriers, given)
        self.target = {key: value for key, value in asked.items() if key != "space"}
        try:
            return self.net.act("sigmoid", self.f(carriers, given))
        finally:
            self.target = asked

    # Methods by perturbation.

    def moved(self, asked: dict, features: set[int], baseline: list | None):
        """f with some features at the baseline: their carriers, or where it is of raw values their whole values."""
        with torch.no_grad():
            if baseline is None:
                return self.at_values(self.replaced(self.values(asked), features))
            return self.f([b if owner in features else x for owner, x, b in zip(self.owners, self.carriers, baseline)])

    def carriers_or_values(self, asked: dict):
        return None if "values" in asked or asked.get("kind") == "MISSING" else self.baseline(asked)

    def feature_ablation(self, options):
        asked = options.get("baseline", {})
        baseline = self.carriers_or_values(asked)
        with torch.no_grad():
            target = self.f(self.carriers)
        sums = torch.stack([target - self.moved(asked, player, baseline) for player in self.players()], 1)
        return {"sums": sums, "norms": sums.abs(), "baseline": self.moved(asked, set(range(len(self.names))), baseline)}

    def feature_permutation(self, options):
        rows, samples = len(self.view.index), options.get("samples", 1)
        with torch.no_grad():
            target = self.f(self.carriers)
        total = torch.zeros(rows, len(self.players()), dtype=self.dtype)
        for sample in range(samples):
            distance = 1 + int(Draw(options.get("seed", 0), 0, sample).uniform(0) * (rows - 1)) if rows > 1 else 0
            other = {name: one.roll(-distance, 0) for name, one in self.given.items()}
            values = [self.at_values(self.replaced(other, player)) for player in self.players()]
            total = total + torch.stack([target - one for one in values], 1) / samples
        return {"sums": total, "norms": total.abs()}

    def shapley_sampling(self, options):
        asked, count = options.get("baseline", {}), len(self.names)
        baseline, known = self.carriers_or_values(asked), {}

        def value(present: frozenset):
            if present not in known:
                known[present] = self.moved(asked, set(range(count)) - present, baseline)
            return known[present]

        samples = options.get("samples", 25)
        sums = torch.zeros(len(self.view.index), count, dtype=self.dtype)
        for at, row in enumerate(self.view.index):
            for sample in range(samples):
                ranks, before = Draw(options.get("seed", 0), row, sample).ranks(count), frozenset()
                for feature in np.argsort(ranks).tolist():
                    after = before | {feature}
                    sums[at, feature] += (value(after)[at] - value(before)[at]) / samples
                    before = after
        groups = [sums[:, members].sum(1) for members in self.subject.groups.values()]
        sums = torch.cat([sums, *(one.unsqueeze(1) for one in groups)], 1)
        return {"sums": sums, "norms": sums.abs(), "baseline": value(frozenset())}


def as_wide(values, other):
    """Lists filled up to at least the width of others."""
    missing = other.shape[1] - values.shape[1] if values.dim() == 2 and other.dim() == 2 else 0
    return torch.nn.functional.pad(values, (0, missing)) if missing > 0 else values


class Rescaled(torch.autograd.Function):
    """A function of single elements over rows and then their baselines: backwards, Δy/Δx where Δx is not nothing."""

    @staticmethod
    def forward(context, function, x):
        context.function = function
        context.save_for_backward(x)
        return function(x)

    @staticmethod
    def backward(context, outer):
        (x,) = context.saved_tensors
        half = len(x) // 2
        with torch.enable_grad():
            leaf = x.detach().requires_grad_()
            y = context.function(leaf)
            (slope,) = torch.autograd.grad(y.sum(), leaf)
        way = x[:half] - x[half:]
        near = way.abs() < 1e-6
        rescaled = torch.where(near, slope[:half], (y[:half] - y[half:]) / torch.where(near, torch.ones_like(way), way))
        return None, outer * torch.cat([rescaled, rescaled]).detach()
