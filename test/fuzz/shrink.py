"""Makes a fault small by itself, and keeps it as a folder that needs nothing else."""

import copy
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

from run import Outcome, document, is_fault
from server import Server
from subject import Subject

ATTEMPTS = 60
"""Each is a model that is exported, registered and asked."""


def kept(server: Server, case: dict, outcome: Outcome, folder: Path, shrinks: bool) -> None:
    question, last = outcome.question, outcome
    alone = is_fault(server, case, question, server.sources / "shrunk") if shrinks else None
    if alone is not None:
        case, question, last = smallest(server, case, question, alone)
    shutil.rmtree(folder, ignore_errors=True)
    subject = Subject(case, folder)
    subject.write()
    note = "" if not shrinks or alone is not None else " (only together with the case's other questions)"
    (folder / "question.json").write_text(json.dumps(question, indent=1))
    (folder / "query.graphql").write_text(document(subject, [question]) + "\n")
    told = {"seed": case["seed"], "detail": last.detail + note, "wrong": [one.told() for one in last.wrong[:40]]}
    (folder / "got-want.json").write_text(json.dumps(told, indent=1, default=str))


def smallest(server: Server, case: dict, question: dict, outcome: Outcome):
    """The fault that is left when nothing can be taken away any more."""
    attempts, again = 0, True
    while again:
        again = False
        for smaller, simpler in steps(case, question):
            attempts += 1
            if attempts > ATTEMPTS:
                return case, question, outcome
            found = is_fault(server, smaller, simpler, server.sources / "shrunk")
            if found is not None and same(found, outcome):
                case, question, outcome, again = smaller, simpler, found, True
                break
    return case, question, outcome


def same(one: Outcome, other: Outcome) -> bool:
    """Whether both are wrong values, or both the same error."""
    return bool(one.wrong) == bool(other.wrong) and (bool(one.wrong) or one.detail[:24] == other.detail[:24])


def steps(case: dict, question: dict) -> Iterator[tuple[dict, dict]]:
    for smaller in [*fewer_rows(case), *fewer_fields(case, question), *simpler_net(case), *simpler_form(case)]:
        yield smaller, question
    for simpler in simpler_questions(question):
        yield case, simpler


def changed(case: dict, **parts) -> dict:
    return copy.deepcopy(case) | parts


def fewer_rows(case: dict) -> Iterator[dict]:
    data = case["data"]
    keep = data.get("keep") or list(range(data["rows"]))
    for size in (len(keep) // 2, len(keep) // 4, 1):
        for start in range(0, len(keep), size) if 0 < size < len(keep) else ():
            some = keep[:start] + keep[start + size :]
            if some and (size > 1 or len(keep) < 9):
                yield changed(case, data=data | {"keep": some})


def fewer_fields(case: dict, question: dict) -> Iterator[dict]:
    fields = case["fields"]
    for field in fields if len(fields) > 1 else ():
        used = question.get("feature") == field["name"] or any(other.get("table") == field["name"] for other in fields)
        if not used:
            yield changed(case, fields=[one for one in fields if one is not field])
    for at, field in enumerate(fields):
        for key in ("transform", "missing", "vocabulary", "wide", "group", "column", "lengthSlot", "softmax"):
            if field.get(key):
                yield changed(case, fields=[*fields[:at], {k: v for k, v in field.items() if k != key}, *fields[at + 1 :]])
        if field.get("pooling") not in (None, "sum"):
            yield changed(case, fields=[*fields[:at], field | {"pooling": "sum"}, *fields[at + 1 :]])


def simpler_net(case: dict) -> Iterator[dict]:
    blocks = case["blocks"]
    for at in range(len(blocks)):
        yield changed(case, blocks=blocks[:at] + blocks[at + 1 :])
    for at, block in enumerate(blocks):
        plain = {"type": "dense", "units": 2, "activation": "none"}
        if block != plain:
            yield changed(case, blocks=[*blocks[:at], plain, *blocks[at + 1 :]])
        for key in ("norm", "residual", "bias"):
            if key in block:
                yield changed(case, blocks=[*blocks[:at], {k: v for k, v in block.items() if k != key}, *blocks[at + 1 :]])
    for key in ("fm", "joint"):
        if case.get(key):
            yield changed(case, **{key: None})
    head = case["head"]
    if head != (plain_head := {"kind": "PROBABILITY", "logits": 1, "index": 0}):
        yield changed(case, head=plain_head)
    if "negativeSampling" in head:
        yield changed(case, head={k: v for k, v in head.items() if k != "negativeSampling"})


def simpler_form(case: dict) -> Iterator[dict]:
    simple = {"convention": "named", "exporter": "legacy", "dtype": "float32", "idType": "int64", "gain": 1, "headGain": 1}
    for key, value in simple.items():
        if case.get(key, value) != value:
            yield changed(case, **{key: value} | ({"opset": 17} if key == "exporter" else {}))
    if case["exporter"] == "legacy" and case["opset"] != 17:
        yield changed(case, opset=17)
    data = case["data"]
    for key, value in {"format": "parquet", "files": 1, "label": "int", "partitions": 0, "groups": 0, "repeats": False, "invalid": 0}.items():
        if data[key] != value:
            yield changed(case, data=data | {key: value})


def simpler_questions(question: dict) -> Iterator[dict]:
    if question.get("target"):
        yield question | {"target": {}}
    for key in question.get("options", {}):
        yield question | {"options": {k: v for k, v in question["options"].items() if k != key}}
    for key in question.get("left", []):
        yield question | {"left": [one for one in question["left"] if one != key]}
    for key in question.get("rows", {}):
        yield question | {"rows": {k: v for k, v in question["rows"].items() if k != key}}
