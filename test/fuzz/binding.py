"""From raw values to what the network takes, as docs/manifest.md says it: vocabularies, missing values, transforms, padding."""

import math

import numpy as np
import torch

from inputs import columns_of
from rows import words_of


class Invalid(Exception):
    """A value that the model cannot take."""


def number(field: dict, value):
    if value is None:
        if "missing" not in field:
            raise Invalid("null")
        value = field["missing"]
    value = float(value)
    if not math.isfinite(value):
        raise Invalid("not finite")
    for step in field.get("transform", []):
        if "log1p" in step:
            if value <= -1:
                raise Invalid("no logarithm")
            value = math.log1p(value)
        if "standardize" in step:
            value = (value - step["standardize"]["mean"]) / step["standardize"]["deviation"]
        if "clip" in step:
            value = min(max(value, step["clip"]["low"]), step["clip"]["high"])
        if "bucketize" in step:
            value = sum(edge <= value for edge in step["bucketize"]["edges"])
    return value


def one_id(field: dict, value) -> int:
    missing = field.get("missing", 0)
    if value is None:
        return missing
    if "vocabulary" in field:
        words = words_of(field)
        return words.index(value) + field["vocabulary"]["offset"] if value in words else missing
    if value < 0 or value >= field["size"]:
        if "missing" not in field:
            raise Invalid("beyond the table")
        return missing
    return value


def ids(field: dict, value) -> list[int]:
    found = [one_id(field, element) for element in value or []]
    if len(found) > field["length"] and not field.get("bag"):
        raise Invalid("too long")
    return found


def encode(case: dict, row: dict) -> dict:
    """A row's values by field: ids, lists of ids, lists of numbers."""
    encoded = {}
    for field in case["fields"]:
        values = [row[column] for _, column in columns_of(field)]
        if field["kind"] in ("NUMERIC", "WINDOW"):
            encoded[field["name"]] = [number(field, value) for value in values]
        elif field["kind"] == "CATEGORICAL":
            encoded[field["name"]] = one_id(field, values[0])
        elif field["kind"] == "EMBEDDING":
            encoded[field["name"]] = values[0]
        else:
            encoded[field["name"]] = ids(field, values[0])
    return encoded


def missing_values(case: dict) -> dict:
    """Of each field what it gets where nothing is said; fails where a number has no missing value."""
    nothing = {column: None for field in case["fields"] for _, column in columns_of(field)}
    return encode(case, nothing | {f["name"]: [0.0] * f["length"] for f in case["fields"] if f["kind"] == "EMBEDDING"})


def given_of(case: dict, encoded: list[dict], dtype=torch.float64) -> dict:
    """Tensors as the network takes them; numbers rounded to what the model's inputs hold."""
    real, given = np.dtype(case["dtype"]), {}
    for field in case["fields"]:
        name, values = field["name"], [row[field["name"]] for row in encoded]
        if field["kind"] in ("NUMERIC", "EMBEDDING", "WINDOW"):
            given[name] = torch.tensor(np.array(values, dtype=real), dtype=dtype)
        elif field["kind"] == "CATEGORICAL":
            given[name] = torch.tensor(values)
        else:
            width = max([1, *map(len, values)]) if field.get("bag") else field["length"]
            fill = 0 if field.get("bag") else field["padding"]
            given[name] = torch.tensor([list(v) + [fill] * (width - len(v)) for v in values])
            lengths = torch.tensor([len(v) for v in values])
            given[name + "/real"] = torch.arange(width) < lengths[:, None]
            given[name + "/length"] = lengths
    return given


def kept_of(case: dict, given: dict) -> dict:
    """Of each field 1 where its carriers may be moved, [n, 1] or [n, positions, 1]: padding stays."""
    kept = {}
    for field in case["fields"]:
        name = field["name"]
        if field["kind"] != "SEQUENCE":
            continue
        real = given[name + "/real"] if field.get("bag") else given[name] != field["padding"]
        kept[name] = real.unsqueeze(2)
    return kept


def inputs_of(case: dict, layout, given: dict) -> dict[str, np.ndarray]:
    """The model's inputs by name, for a runtime of one's own."""
    n = len(next(iter(given.values())))
    found = {}
    for name, (dtype, shape) in layout.inputs.items():
        if shape is not None:
            found[name] = np.zeros((n, int(np.prod(shape, dtype=int))), dtype)
    for name, (where, index) in layout.places.items():
        values = given[name].numpy()
        if layout.inputs[where][1] is None:
            real = given[name + "/real"].numpy()
            found[where] = values[real].astype(layout.inputs[where][0])
            offsets = np.concatenate([[0], real.sum(1).cumsum()])
            field = next(one for one in case["fields"] if one["name"] == name)
            offsets = offsets if field["lastOffset"] else offsets[:-1]
            found[where + "_offsets"] = offsets.astype(layout.inputs[where][0])
        else:
            values = values.reshape(n, -1)
            found[where][:, index : index + values.shape[1]] = values
    return {
        name: found[name] if shape is None else found[name].reshape(n, *shape) for name, (_, shape) in layout.inputs.items()
    }
