"""What can be asked: every kind of question is drawn for a case, written as a field of the model, and judged.

A question is plain JSON with its `kind`. Kinds are classes with `draw`, `text` and `judge`; `expected` says which refusal is right.
"""

import json
import random

from compare import Figures
from subject import Subject, View

KINDS: dict[str, type] = {}


class Kind:
    """draw: a question, or None where there is nothing to ask; text: a field of the model; judge: the answer's figures."""

    def __init_subclass__(cls) -> None:
        KINDS[cls.__name__] = cls

    @staticmethod
    def draw(rng: random.Random, subject: Subject) -> dict | None:
        raise NotImplementedError

    @staticmethod
    def text(question: dict, subject: Subject) -> str:
        raise NotImplementedError

    @staticmethod
    def judge(question: dict, subject: Subject, answer, figures: Figures) -> None:
        raise NotImplementedError

    @staticmethod
    def refused(question: dict, subject: Subject) -> set[str]:
        """Codes of which one is right, where the question cannot be answered; empty where it can."""
        return set()


def rows_of(rng: random.Random, subject: Subject) -> dict:
    """One of the case's two selections: what is asked of the same rows shares a pass."""
    chosen = random.Random(f"rows/{subject.case['seed']}")
    return rng.choice([selection(chosen, subject), selection(chosen, subject)])


def selection(rng: random.Random, subject: Subject) -> dict:
    data, rows = subject.case["data"], {}
    kind = rng.choice(["all", "all", "all", "partitions", "below", "where"])
    if kind == "partitions" and data["partitions"] > 1:
        rows["partitions"] = [f"d{rng.randrange(data['partitions'])}"]
    if kind == "below" and data["rows"] > 4:
        rows["below"] = rng.randrange(2, data["rows"])
    if kind == "where":
        rows["where"] = condition(rng, subject)
    if data["invalid"] and rng.random() < 0.7:
        rows["invalid"] = "SKIP"
    return rows


def condition(rng: random.Random, subject: Subject) -> dict:
    column = rng.choice([feature["column"] for feature in subject.manifest["features"]] + ["who", "day", "label"])
    values = [row[column] for row in subject.rows]
    plain = [one for one in values if one is not None and not isinstance(one, list) and one == one]
    if not plain or rng.random() < 0.3:
        return {"column": column, "op": rng.choice(["IS_NULL", "NOT_NULL", "NOT_NULL"])}
    if isinstance(plain[0], bool):
        return {"column": column, "op": rng.choice(["EQ", "NE"]), "value": rng.choice(plain)}
    op = rng.choice(["EQ", "NE", "IN", "LT", "LTE", "GT", "GTE"])
    return {"column": column, "op": op, "value": rng.sample(plain, min(2, len(plain))) if op == "IN" else rng.choice(plain)}


def rows_text(rows: dict) -> str:
    parts = ['dataset: "rows"']
    if "partitions" in rows:
        parts.append(f"partitions: {json.dumps(rows['partitions'])}")
    if "below" in rows:
        parts.append(f'where: [{{column: "at", op: LT, value: {rows["below"]}}}]')
    if "where" in rows:
        asked = rows["where"]
        value = f", value: {literal(asked['value'])}" if "value" in asked else ""
        parts.append(f'where: [{{column: {json.dumps(asked["column"])}, op: {asked["op"]}{value}}}]')
    if "invalid" in rows:
        parts.append(f"invalid: {rows['invalid']}")
    return f"rows: {{{', '.join(parts)}}}"


def literal(value) -> str:
    """As GraphQL writes it; strings are strings."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {literal(one)}" for key, one in value.items()) + "}"
    return "[" + ", ".join(map(literal, value)) + "]" if isinstance(value, list) else json.dumps(value)


def target_text(target: dict) -> str:
    parts = [f"{key}: {json.dumps(value) if key == 'output' else value}" for key, value in target.items()]
    return f"target: {{{', '.join(parts)}}}" if parts else ""


def baseline_text(baseline: dict) -> str:
    return f"{{kind: {baseline['kind']}}}" if "kind" in baseline else f"{{values: {literal(baseline['values'])}}}"


def options_text(options: dict) -> str:
    parts = [f"{key}: {baseline_text(value) if key == 'baseline' else literal(value)}" for key, value in options.items()]
    return f"options: {{{', '.join(parts)}}}" if parts else ""


def target_drawn(rng: random.Random, subject: Subject, plain: float = 0.6) -> dict:
    head = subject.case["head"]
    if rng.random() < plain or head["kind"] == "VALUE":
        return {}
    target = {"space": rng.choice(["PROBABILITY", "LOGIT", "OUTPUT"])}
    if head["kind"] == "TASKS" and rng.random() < 0.5:
        target |= {"output": "other", "index": rng.randrange(head["logits"] - 1)}
    elif head["kind"] in ("PROBABILITY", "LOGIT", "SOFTMAX") and rng.random() < 0.3:
        target["index"] = rng.randrange(head["logits"])
    return target


def view_of(question: dict, subject: Subject) -> View:
    return subject.view(question.get("rows", {}))


def reads_all(question: dict) -> bool:
    """Whether what one row gets depends on the others, so that a page reads them all."""
    return question["method"] == "FEATURE_PERMUTATION" or question["options"].get("baseline", {}).get("kind") == "MEAN"


def expected(question: dict, subject: Subject) -> set[str]:
    """Codes of the refusals of which one has to come; empty where there is an answer."""
    if "rows" in question:
        view = view_of(question, subject)
        if question["kind"] == "Explanations" and not reads_all(question):
            view = subject.view(question["rows"], question["first"])
        if view.invalid and question["rows"].get("invalid") != "SKIP":
            return {"BINDING_MISMATCH", "BAD_USER_INPUT"}
        if not view.index:
            return {"BAD_USER_INPUT", "ANALYSIS_FAILED", "BINDING_MISMATCH"}
    return KINDS[question["kind"]].refused(question, subject)
