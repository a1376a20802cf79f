"""A case from a seed: fields, network, input convention, export, data. A case is plain JSON, so that it can be kept, shrunk and replayed."""

import random

POOLINGS = ["sum", "sum", "mean", "mean", "max", "flatten", "gru", "lstm", "conv", "attention", "self"]
ACTIVATIONS = [
    "relu", "relu", "relu", "sigmoid", "tanh", "gelu", "silu", "elu", "leakyRelu", "softplus", "selu", "hardtanh", "mish", "prelu", "none",
]  # fmt: skip
HEADS = ["PROBABILITY"] * 5 + ["LOGIT"] * 2 + ["VALUE", "SOFTMAX", "TASKS", "TASKS", "PRODUCT"]
CONVENTIONS = ["named", "named", "named", "flat", "matrix", "matrix", "split", "split", "cube", "ids3"]


def chance(rng: random.Random, share: float) -> bool:
    return rng.random() < share


def number(rng: random.Random, name: str) -> dict:
    field = {"name": name, "kind": "NUMERIC", "type": rng.choice(["double"] * 4 + ["int", "bool"])}
    if chance(rng, 0.4):
        field["missing"] = rng.choice([0, 0.5, -1.25, 3])
    if chance(rng, 0.4) and field["type"] != "bool":
        steps = {
            "log1p": {"log1p": True},
            "standardize": {"standardize": {"mean": 0.75, "deviation": 1.5}},
            "clip": {"clip": {"low": -0.5, "high": 1.25}},
            "bucketize": {"bucketize": {"edges": [-1, 0, 0.5, 2]}},
        }
        chosen = rng.sample(list(steps), rng.choice([1, 1, 2]))
        # The logarithm is of what is at least zero.
        if "log1p" in chosen and field.get("missing", 0) <= -1:
            field["missing"] = -0.25
        field["transform"] = [steps[name] for name in sorted(chosen, key=lambda one: one != "log1p")]
    return field


def vocabulary(rng: random.Random, field: dict) -> None:
    if not chance(rng, 0.35):
        return
    offset = rng.choice([0, 1, 1, 2])
    count = field["size"] - offset - rng.choice([0, 0, 1])
    if count >= 2:
        field["vocabulary"] = {"offset": offset, "count": count, "of": rng.choice(["text", "text", "int"])}


def category(rng: random.Random, name: str, dim: int) -> dict:
    field = {"name": name, "kind": "CATEGORICAL", "size": rng.choice([2, 4, 6, 9, 15, 30]), "dim": dim, "wide": chance(rng, 0.3)}
    if chance(rng, 0.15):
        field["dim"] = rng.choice([1, 3, 5])
    if chance(rng, 0.3):
        field["missing"] = rng.randrange(field["size"])
    vocabulary(rng, field)
    return field


def sequence(rng: random.Random, name: str, dim: int, tables: list[dict]) -> dict:
    field = {"name": name, "kind": "SEQUENCE", "length": rng.choice([2, 3, 4, 6]), "dim": dim, "size": rng.choice([4, 7, 12])}
    field["pooling"], field["padding"] = rng.choice(POOLINGS), 0 if chance(rng, 0.8) else 3
    shared = [other for other in tables if other["size"] >= 4 and other.get("table") is None]
    if field["pooling"] == "attention" and not shared:
        field["pooling"] = "sum"
    if shared and (field["pooling"] == "attention" or chance(rng, 0.2)):
        other = rng.choice(shared)
        field |= {"table": other["name"], "dim": other["dim"], "size": other["size"]}
        if field["pooling"] == "attention":
            field["softmax"] = chance(rng, 0.4)
    if field["pooling"] in ("mean", "sum") and chance(rng, 0.4):
        field["lengthSlot"] = True
    if chance(rng, 0.25):
        field["missing"] = rng.randrange(field["size"])
    vocabulary(rng, field)
    return field


def bag(rng: random.Random, name: str, dim: int) -> dict:
    return {
        "name": name, "kind": "SEQUENCE", "bag": rng.choice(["sum", "mean"]), "size": rng.choice([4, 7, 12]), "dim": dim,
        "length": 7, "lastOffset": chance(rng, 0.3),
    }  # fmt: skip


def window(rng: random.Random, name: str) -> dict:
    via = rng.choice(["conv", "gru", "linear", "mean", "conv2d"])
    shape = [rng.choice([2, 3]), rng.choice([1, 2, 3])]
    if via == "conv2d":
        shape = [1, rng.choice([2, 3]), rng.choice([2, 3])]
    return {"name": name, "kind": "WINDOW", "shape": shape, "via": via}


def fields_of(rng: random.Random, convention: str, dim: int) -> list[dict]:
    fields: list[dict] = []
    for at in range(rng.choice([2, 3, 3, 4, 4, 5, 6])):
        tables = [field for field in fields if field["kind"] == "CATEGORICAL"]
        kind = rng.choice(["number"] * 4 + ["category"] * 5 + ["sequence"] * 3 + ["vector", "window", "bag"])
        if kind == "number" or (kind == "bag" and convention not in ("named", "flat")):
            fields.append(number(rng, f"n{at}"))
        elif kind == "category":
            fields.append(category(rng, f"c{at}", dim))
        elif kind == "sequence":
            fields.append(sequence(rng, f"s{at}", dim, tables))
        elif kind == "bag":
            fields.append(bag(rng, f"b{at}", dim))
        elif kind == "vector":
            fields.append({"name": f"v{at}", "kind": "EMBEDDING", "length": rng.choice([2, 3, 5])})
        else:
            fields.append(window(rng, f"w{at}"))
    groups = rng.choice([[], ["user"], ["user", "ad"]])
    for field in fields:
        if groups and chance(rng, 0.6):
            field["group"] = rng.choice(groups)
        if chance(rng, 0.2):
            field["column"] = field["name"] + " col"
    return fields


def blocks_of(rng: random.Random) -> list[dict]:
    blocks = []
    for _ in range(rng.choice([1, 1, 2, 2, 3])):
        if chance(rng, 0.25):
            kind = rng.choice(["cross", "cross", "gate", "weigh", "l2", "root", "bilinear", "glu", "maxout"])
            blocks.append({"type": kind, "units": rng.choice([2, 4, 6]), "activation": "none"})
            continue
        block = {"type": "experts" if chance(rng, 0.1) else "dense", "units": rng.choice([2, 3, 4, 6, 8]), "activation": rng.choice(ACTIVATIONS)}
        if chance(rng, 0.25):
            block |= {"norm": rng.choice(["batch", "batch", "layer", "layer", "rms", "group"]), "normLast": chance(rng, 0.4)}
        if chance(rng, 0.15):
            block["residual"] = True
        if chance(rng, 0.1):
            block["bias"] = False
        blocks.append(block)
    return blocks


def head_of(rng: random.Random) -> dict:
    kind = rng.choice(HEADS)
    logits = {"SOFTMAX": rng.choice([2, 3, 4]), "TASKS": rng.choice([2, 3]), "PRODUCT": 2}.get(kind, rng.choice([1, 1, 1, 2]))
    head = {"kind": kind, "logits": logits, "index": 0}
    if kind not in ("TASKS", "PRODUCT"):
        head["index"] = rng.randrange(logits)
    if kind in ("PROBABILITY", "LOGIT", "SOFTMAX") and chance(rng, 0.15):
        head["negativeSampling"] = rng.choice([0.1, 0.5])
    return head


def data_of(rng: random.Random) -> dict:
    return {
        "rows": rng.choice([1, 5, 20, 40, 60, 100, 150]),
        "format": rng.choice(["parquet", "parquet", "csv", "jsonl"]),
        "files": rng.choice([1, 1, 1, 2, 3]),
        "label": rng.choice(["int", "int", "float", "nullable", "nan", "text", "onlyOne"]),
        "partitions": rng.choice([0, 2, 3]),
        "groups": rng.choice([0, 3, 8]),
        "repeats": chance(rng, 0.25),
        "spread": rng.choice([0.3, 1, 1, 1, 3]),
        "invalid": 0.03 if chance(rng, 0.15) else 0,
        "nulls": rng.choice([0, 0.1, 0.3]),
    }


def case_of(seed: int) -> dict:
    rng = random.Random(f"glassgraph/{seed}")
    convention, dim = rng.choice(CONVENTIONS), rng.choice([2, 3, 4])
    exporter = "dynamo" if chance(rng, 0.15) else "legacy"
    return {
        "seed": seed,
        "convention": convention,
        "dim": dim,
        "fields": fields_of(rng, convention, dim),
        "fm": rng.choice([None, None, None, "scalar", "vector", "attention"]),
        "joint": convention == "split" and chance(rng, 0.4),
        "blocks": blocks_of(rng),
        "head": head_of(rng),
        # Scores that differ by less than float32 tells, and such that saturate.
        "headGain": rng.choice([1, 1, 1, 1, 1, 1, 1e-6, 30]),
        "gain": rng.choice([0.6, 1, 1, 1, 1.8]),
        "exporter": exporter,
        "opset": rng.choice([11, 12, 13, 14, 15, 16, 17, 18, 19, 20] if exporter == "legacy" else [18, 18, 20, 21, 22, 23]),
        "dtype": "float64" if chance(rng, 0.12) else "float32",
        "idType": rng.choice(["int64", "int64", "int32"]),
        "slotOrder": rng.randrange(1000),
        "data": data_of(rng),
        "questions": None,
    }
