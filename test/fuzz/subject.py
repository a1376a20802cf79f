"""A case made real: its net in both precisions, its model file, its rows, and what of them a question selects."""

import json
import operator
import shutil
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch

import binding
import rows as written
from export import Tensors, net_of, write_model
from inputs import columns_of, layout_of, manifest_of

SHAKEN = "shaken"
PRECISIONS = (torch.float64, torch.float32, SHAKEN)
"""The last: float32 again, with weights moved by as much as it rounds, so that rounding is seen twice."""

SIGMOID = 2.4e-7
"""How far onnxruntime's Sigmoid in float32 may be from right: in parts of 1, not of what it gives, which is 0 below -18."""


def worst(exact: dict, *others: dict) -> dict:
    """Figures as far from the exact ones as the worst of others."""
    away = {key: [one[key] - value for one in others] for key, value in exact.items()}
    far = {key: max if np.isscalar(exact[key]) else np.maximum.reduce for key in exact}
    return {key: value + far[key]([np.abs(one) for one in away[key]]) for key, value in exact.items()}


def shaken(net, seed: int):
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for weight in net.parameters():
            weight.mul_(1 + 1.2e-7 * torch.randn(weight.shape, generator=generator))
    return net


class Subject:
    def __init__(self, case: dict, folder: Path):
        self.case, self.folder = case, folder
        self.rows = written.rows_of(case)
        self.manifest, self.layout = manifest_of(case), layout_of(case)
        self.features = [feature["name"] for feature in self.manifest["features"]]
        self.groups: dict[str, list[int]] = {}
        for at, feature in enumerate(self.manifest["features"]):
            if "group" in feature:
                self.groups.setdefault(feature["group"], []).append(at)
        self.nets = {dtype: net_of(case, dtype) for dtype in PRECISIONS[:2]}
        self.nets[SHAKEN] = shaken(net_of(case, torch.float32), case["seed"])
        self.encoded = [self.encode(row) for row in self.rows]
        self.layers: list[dict] = []

    def encode(self, row: dict):
        try:
            return binding.encode(self.case, row)
        except binding.Invalid:
            return None

    def write(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        (self.folder / "model").mkdir(parents=True)
        example = [one for one in self.encoded if one is not None][:5] or [self.anything()]
        write_model(self.case, binding.given_of(self.case, [example[at % len(example)] for at in range(5)]), self.model)
        for field in self.case["fields"]:
            if "vocabulary" in field:
                text = "".join(f"{word}\n" for word in written.words_of(field))
                (self.folder / "model" / f"{field['name']}.txt").write_text(text, encoding="utf-8")
        (self.folder / "model" / "manifest.json").write_text(json.dumps(self.manifest, indent=1))
        (self.folder / "case.json").write_text(json.dumps(self.case, indent=1))
        written.write(self.case, self.rows, self.folder / "data")

    def anything(self) -> dict:
        """Some encoded row, where no row of the data is one."""
        shapes = {"NUMERIC": [0.5], "CATEGORICAL": 0, "SEQUENCE": [1]}
        return {
            field["name"]: shapes.get(field["kind"]) or [0.5] * int(np.prod(field.get("shape", field.get("length", 1))))
            if field["kind"] != "CATEGORICAL"
            else 0
            for field in self.case["fields"]
        }

    @property
    def model(self) -> Path:
        return self.folder / "model" / "model.onnx"

    @cached_property
    def tensors(self) -> Tensors:
        return Tensors(self.model)

    @cached_property
    def by_rows(self) -> set[str]:
        """Tensors whose first axis is that of the rows, not of as many steps or units: it grows with them."""
        some = next(at for at, one in enumerate(self.encoded) if one is not None)
        two, three = (View(self, [some] * count, 0).tensors for count in (2, 3))
        return {name for name, value in two.items() if value.shape[:1] == (2,) and three[name].shape[:1] == (3,)}

    def view(self, asked: dict, first: int | None = None) -> "View":
        """Of rows: `partitions`, `below` of the column `at`, `invalid`; only the first so many of them."""
        chosen = []
        for at, row in enumerate(self.rows):
            if asked.get("partitions") and row["day"] not in asked["partitions"]:
                continue
            if "below" in asked and not row["at"] < asked["below"]:
                continue
            if "where" in asked and not satisfies(row[asked["where"]["column"]], asked["where"]):
                continue
            chosen.append(at)
        chosen = chosen[:first]
        good = [at for at in chosen if self.encoded[at] is not None]
        return View(self, good, len(chosen) - len(good))


def satisfies(value, condition: dict) -> bool:
    """As Postgres compares: a null satisfies nothing, NaN is equal to itself and above all others."""
    op, asked = condition["op"], condition.get("value")
    if op in ("IS_NULL", "NOT_NULL"):
        return (value is None) == (op == "IS_NULL")
    if value is None:
        return False
    key = lambda one: (1, 0) if isinstance(one, float) and one != one else (0, one)
    if op == "IN":
        return any(key(value) == key(one) for one in asked)
    compare = {"EQ": operator.eq, "NE": operator.ne, "LT": operator.lt, "LTE": operator.le, "GT": operator.gt, "GTE": operator.ge}
    return compare[op](key(value), key(asked))


@dataclass
class View:
    subject: Subject
    index: list[int]
    invalid: int

    @cached_property
    def rows(self) -> list[dict]:
        return [self.subject.rows[at] for at in self.index]

    @cached_property
    def encoded(self) -> list[dict]:
        return [self.subject.encoded[at] for at in self.index]

    @cached_property
    def given(self) -> dict:
        """By precision."""
        given = {dtype: binding.given_of(self.subject.case, self.encoded, dtype) for dtype in PRECISIONS[:2]}
        return given | {SHAKEN: given[torch.float32]}

    @cached_property
    def labels(self) -> np.ndarray:
        """0, 1, or NaN."""
        kind = self.subject.case["data"]["label"]
        value = lambda one: np.nan if not written.is_labelled(one) else float(one == "yes") if kind == "text" else float(one)
        return np.array([value(row["label"]) for row in self.rows])

    @cached_property
    def tensors(self) -> dict[str, np.ndarray]:
        case = self.subject.case
        return self.subject.tensors(binding.inputs_of(case, self.subject.layout, self.given[torch.float64]))

    def logits(self, dtype=torch.float64):
        net, given = self.subject.nets[dtype], self.given[dtype]
        return net.logits(net.lookup(given), given)

    def target(self, dtype=torch.float64, asked: dict | None = None) -> np.ndarray:
        with torch.no_grad():
            return target_of(self.subject.case, self.logits(dtype), asked or {}).double().numpy()

    @cached_property
    def scores(self) -> np.ndarray:
        """In float64: probabilities, or of a VALUE the value."""
        return self.target(asked={"space": "PROBABILITY"})

    @cached_property
    def rounded_scores(self) -> np.ndarray:
        return self.both({"space": "PROBABILITY"})[1]

    def both(self, asked: dict, inside=slice(None)) -> tuple[np.ndarray, np.ndarray]:
        """A target exactly, and as far from that as rounding takes it."""
        exact, *others = ({"f": self.target(one, asked)[inside]} for one in PRECISIONS)
        return exact["f"], worst(exact, *others)["f"]


def target_of(case: dict, logits, asked: dict):
    """[n]: what is explained, from all logits; a softmax's is the logit of its class, a product's log(p / (1 − p))."""
    head, space = case["head"], asked.get("space", "LOGIT")
    kind, index = head["kind"], asked.get("index", head["index"] if asked.get("output", "score") == "score" else 0)
    if kind == "VALUE":
        return logits[:, index]
    if kind == "SOFTMAX":
        others = [at for at in range(head["logits"]) if at != index]
        logit = logits[:, index] - torch.logsumexp(logits[:, others], 1)
    elif kind == "PRODUCT":
        p = torch.sigmoid(logits[:, 0]) * torch.sigmoid(logits[:, 1])
        logit = torch.log(p) - torch.log(1 - p)
    elif kind == "TASKS":
        logit = logits[:, index if asked.get("output", "score") == "score" else 1 + index]
    else:
        logit = logits[:, index]
    if "negativeSampling" in head:
        logit = logit + float(np.log(head["negativeSampling"]))
    is_probability = space == "PROBABILITY" or (space == "OUTPUT" and kind != "LOGIT")
    if not is_probability:
        return logit
    p = torch.sigmoid(logit)
    return p if p.dtype == torch.float64 else p + SIGMOID / 12 * torch.cos(1e4 * logit.detach())


def column_of(case: dict, name: str) -> str:
    """The first column of a field."""
    return next(columns_of(field)[0][1] for field in case["fields"] if field["name"] == name)
