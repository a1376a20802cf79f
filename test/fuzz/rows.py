"""Rows of a case as they were logged: every column drawn from the seed and its own name, and written as Parquet, CSV or JSON Lines."""

import csv
import json
import math
import random
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from inputs import columns_of


def words_of(field: dict) -> list:
    """The vocabulary, line by line."""
    words = field["vocabulary"]
    return [f"{field['name']}-{at}" if words["of"] == "text" else 100 + 3 * at for at in range(words["count"])]


def id_of(rng: random.Random, field: dict, nulls: float):
    if rng.random() < nulls:
        return None
    if "vocabulary" not in field:
        return rng.randrange(field["size"]) if rng.random() < 0.7 else rng.randrange(min(3, field["size"]))
    if rng.random() < 0.1:
        return "elsewhere" if field["vocabulary"]["of"] == "text" else 7
    return rng.choice(words_of(field))


def number_of(rng: random.Random, field: dict, data: dict):
    kind = field.get("type", "double")
    if "missing" in field and rng.random() < data["nulls"]:
        return None
    if kind == "bool":
        return rng.random() < 0.5
    if kind == "int":
        return rng.randrange(0, 6)
    value = rng.gauss(0, data["spread"])
    value = abs(value) if any("log1p" in step for step in field.get("transform", [])) else value
    return round(value, rng.choice([1, 3, 6]))


def value_of(rng: random.Random, field: dict, data: dict):
    if rng.random() < data["invalid"]:
        broken = broken_value(rng, field)
        if broken is not ...:
            return broken
    kind = field["kind"]
    if kind in ("NUMERIC", "WINDOW"):
        return number_of(rng, field, data)
    if kind == "CATEGORICAL":
        return id_of(rng, field, data["nulls"])
    if kind == "EMBEDDING":
        return [round(rng.gauss(0, data["spread"]), 4) for _ in range(field["length"])]
    if rng.random() < data["nulls"] / 2:
        return None
    length = rng.choice([0, 1, field["length"], rng.randrange(field["length"] + 1)])
    elements = 0 if data["format"] == "csv" else data["nulls"] / 2
    return [id_of(rng, field, elements) for _ in range(length)]


def broken_value(rng: random.Random, field: dict):
    """What the model cannot take, or ... where there is nothing of the kind."""
    kind = field["kind"]
    if kind in ("NUMERIC", "WINDOW") and field.get("type", "double") == "double":
        return rng.choice([math.nan, math.inf, None]) if "missing" not in field else math.nan
    if "vocabulary" in field or kind in ("NUMERIC", "EMBEDDING", "WINDOW"):
        return ...
    if kind == "CATEGORICAL":
        return rng.choice([field["size"] + 3, -1])
    return rng.choice([[field["size"] + 1], [-2, 1], [1] * (field["length"] + 1) if not field.get("bag") else [-1]])


def rows_of(case: dict) -> list[dict]:
    """All rows in order, columns by name; `label`, `day` and `who` among them."""
    data, seed = case["data"], case["seed"]
    generators = {}

    def generator(name):
        return generators.setdefault(name, random.Random(f"{seed}/{name}"))

    rows = []
    for at in range(data["rows"]):
        row = {}
        for field in case["fields"]:
            for _, column in columns_of(field):
                row[column] = value_of(generator(column), field, data)
        row["label"] = label_of(generator("label"), data["label"])
        row["day"] = f"d{generator('day').randrange(max(1, data['partitions']))}"
        row["who"] = generator("who").randrange(max(1, data["groups"]))
        row["at"] = at
        if data["repeats"] and rows and generator("repeats").random() < 0.5:
            again = generator("repeats").choice(rows)
            row = {**again, "label": row["label"], "at": at}
        rows.append(row)
    if data["label"] == "text":
        rows[0]["label"] = "yes"
    if data["format"] == "jsonl":
        rows = [{name: plain(value) for name, value in row.items()} for row in rows]
    return [rows[at] for at in data["keep"]] if data.get("keep") is not None else rows


def label_of(rng: random.Random, kind: str):
    value = int(rng.random() < 0.4)
    missing = rng.random() < 0.15
    if kind == "onlyOne":
        return 1
    if kind in ("nullable", "nan") and missing:
        return None if kind == "nullable" else math.nan
    if kind == "text":
        return None if missing else ["no", "yes"][value]
    return float(value) if kind in ("float", "nan") else value


def is_labelled(value) -> bool:
    return value is not None and not (isinstance(value, float) and math.isnan(value))


def type_of(field: dict):
    ids = pa.string() if field.get("vocabulary", {}).get("of") == "text" else pa.int64()
    kinds = {"double": pa.float64(), "int": pa.int64(), "bool": pa.bool_()}
    if field["kind"] in ("NUMERIC", "WINDOW"):
        return kinds[field.get("type", "double")]
    return {"CATEGORICAL": ids, "SEQUENCE": pa.list_(ids), "EMBEDDING": pa.list_(pa.float64())}[field["kind"]]


def schema_of(case: dict):
    label = {"text": pa.string(), "float": pa.float64(), "nan": pa.float64()}.get(case["data"]["label"], pa.int64())
    columns = [(column, type_of(field)) for field in case["fields"] for _, column in columns_of(field)]
    return pa.schema([*columns, ("label", label), ("day", pa.string()), ("who", pa.int64()), ("at", pa.int64())])


def text_of(value) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return json.dumps(value)
    return str(value) if not isinstance(value, float) else "NaN" if math.isnan(value) else repr(value)


def write(case: dict, rows: list[dict], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    data = case["data"]
    count = max(1, min(data["files"], len(rows)))
    size = -(-len(rows) // count)
    for part in range(count):
        some = rows[part * size : (part + 1) * size]
        if not some:
            continue
        path = folder / f"part-{part}"
        if data["format"] == "parquet":
            schema = schema_of(case)
            columns = {name: [row[name] for row in some] for name in schema.names}
            pq.write_table(pa.table(columns, schema=schema), path.with_suffix(".parquet"))
        elif data["format"] == "csv":
            with open(path.with_suffix(".csv"), "w", newline="", encoding="utf-8") as file:
                writer = csv.writer(file)
                writer.writerow(some[0])
                writer.writerows([text_of(value) for value in row.values()] for row in some)
        else:
            lines = [json.dumps(row) for row in some]
            path.with_suffix(".jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


def plain(value):
    """NaN and infinities have no JSON."""
    return None if isinstance(value, float) and not math.isfinite(value) else value
