"""A case from beginning to end: written, registered, asked, judged."""

import random
import shutil
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch

import ask_attribution
import ask_layers
import ask_others
import ask_quality
from compare import Figure, Figures
from export import NotExported
from questions import KINDS, expected
from server import Hang, Server
from subject import Subject

_ = (ask_attribution, ask_layers, ask_others, ask_quality)

TIMES = {
    "Evaluation": 2, "Statistics": 1, "Neuron": 2, "Ordered": 1, "Similarity": 1, "Projection": 1, "Saliency": 6, "Explanations": 2, "NeuronSaliency": 2,
    "Predictions": 2, "Interactions": 2, "Response": 2, "Conductance": 1, "Probe": 2, "Embeddings": 1,
}  # fmt: skip
"""How many questions of each kind a case is asked."""


@dataclass
class Outcome:
    question: dict
    status: str
    """agreed, refused, or fault"""
    detail: str = ""
    figures: int = 0
    wrong: list[Figure] = field(default_factory=list)


class NotRegistered(Exception):
    """Code and message of the refusal."""


def questions_of(subject: Subject) -> list[dict]:
    rng = random.Random(f"questions/{subject.case['seed']}")
    drawn = [KINDS[kind].draw(rng, subject) for kind, times in TIMES.items() for _ in range(times)]
    return [one for one in drawn if one is not None]


def register(server: Server, subject: Subject) -> None:
    where = str(subject.folder.relative_to(server.sources))
    data = subject.case["data"]
    ending = {"parquet": "parquet", "csv": "csv", "jsonl": "jsonl"}[data["format"]]
    label = 'label: "label", positive: "yes"' if data["label"] == "text" else 'label: "label"'
    answer = server.post(
        f"""mutation {{
          registerModel(input: {{ name: "net", version: "1", source: {{ uri: "{where}/model/model.onnx" }} }}) {{ model {{ id }} }}
          registerDataset(input: {{ name: "rows", version: "1", source: {{ uri: "{where}/data/*.{ending}" }}, {label},
            groupBy: "who", partitionBy: "day" }}) {{ dataset {{ id rowCount }} }} }}"""
    )
    if answer.get("errors"):
        raise NotRegistered("; ".join(told(error) for error in answer["errors"]))
    if answer["data"]["registerDataset"]["dataset"]["rowCount"] != len(subject.rows):
        raise NotRegistered(f"rowCount {answer['data']['registerDataset']['dataset']['rowCount']} of {len(subject.rows)}")


def forget(server: Server) -> None:
    known = server.post('{ model(name: "net") { id } dataset(name: "rows") { id } }').get("data") or {}
    for kind, mutation in (("model", "deleteModel"), ("dataset", "deleteDataset")):
        if known.get(kind):
            server.post(f'mutation {{ {mutation}(input: {{ id: "{known[kind]["id"]}" }}) {{ deletedId }} }}')


def told(error: dict) -> str:
    return f"{error.get('extensions', {}).get('code')}: {error.get('message')}"


def look(server: Server, subject: Subject) -> None:
    """The layers, and of which of them a step of the net has the values."""
    answer = server.post('{ model(name: "net") { layers(first: 200) { nodes { name kind units } } } }')
    subject.layers = answer["data"]["model"]["layers"]["nodes"]
    subject.tapped, view = [], subject.view({})
    if not view.index:
        return
    steps: dict[str, np.ndarray] = {}
    net = subject.nets[torch.float64]
    net.taps = lambda name, x: steps.setdefault(name, x.detach().numpy()) is None or x
    with torch.no_grad():
        view.logits()
    net.taps = None
    for layer in subject.layers:
        values = ask_layers.observed(view, layer)
        for name, step in steps.items():
            if values is None or values.shape[1] != 1 or step.shape != values[:, 0].shape or not np.ptp(step) > 0:
                continue
            if np.allclose(step, values[:, 0], rtol=1e-4, atol=1e-5 * np.abs(step).max()):
                subject.tapped.append(layer | {"tap": name})
                break


def runs_at_all(subject: Subject) -> None:
    view = subject.view({})
    try:
        subject.tensors  # noqa: B018
        if view.index:
            view.tensors  # noqa: B018
    except Exception as error:
        raise NotExported(f"onnxruntime itself: {str(error).splitlines()[0]}") from None


def document(subject: Subject, asked: list[dict]) -> str:
    parts = [f"q{at}: model(name: \"net\") {{ {KINDS[one['kind']].text(one, subject)} }}" for at, one in enumerate(asked)]
    return "{ " + "\n".join(parts) + " }"


def leaf(answer):
    """The asked field of `model`."""
    return next(iter(answer.values())) if answer else None


def judge(subject: Subject, question: dict, answer, errors: list[dict]) -> Outcome:
    refusals = expected(question, subject)
    if errors:
        code = errors[0].get("extensions", {}).get("code")
        detail = told(errors[0])
        may = ask_attribution.may_be_refused(question, subject)
        if code in refusals and not (may and str(code).startswith("UNSUPPORTED")):
            return Outcome(question, "refused", f"as it should: {code}")
        if code in ("INTERNAL_SERVER_ERROR", "GRAPHQL_VALIDATION_FAILED", "MODEL_REJECTED", "DATASET_REJECTED", None) or (refusals and not may):
            return Outcome(question, "fault", detail)
        surprise = "" if may else "unexpected: "
        return Outcome(question, "refused", surprise + detail)
    if refusals:
        return Outcome(question, "fault", f"answered where one of {sorted(refusals)} is right")
    figures = Figures()
    KINDS[question["kind"]].judge(question, subject, leaf(answer), figures)
    wrong = figures.wrong()
    return Outcome(question, "fault" if wrong else "agreed", summary(wrong), len(figures.all), wrong)


def summary(wrong: list[Figure]) -> str:
    return "; ".join(f"{one.path}: {one.got} for {one.want}" for one in wrong[:3]) + (f" and {len(wrong) - 3} more" if len(wrong) > 3 else "")


def ask(server: Server, subject: Subject, asked: list[dict], together: int = 32) -> list[Outcome]:
    outcomes = []
    for at in range(0, len(asked), together):
        some = asked[at : at + together]
        try:
            answer = server.ask(document(subject, some))
        except (Hang, OSError) as error:
            outcomes += [Outcome(one, "fault", f"{type(error).__name__}: {error}") for one in some]
            if not server.is_alive():
                server.start()
            continue
        errors = answer.get("errors") or []
        for place, one in enumerate(some):
            own = [error for error in errors if (error.get("path") or [None])[0] in (f"q{place}", None)]
            value = (answer.get("data") or {}).get(f"q{place}")
            outcomes.append(judge(subject, one, value, own))
    return outcomes


def run(server: Server, case: dict, folder: Path, asked: list[dict] | None = None) -> list[Outcome]:
    """All outcomes. The folder stays for whoever wants to look; NotExported and NotRegistered are the caller's."""
    torch.manual_seed(0)
    subject = Subject(case, folder)
    subject.write()
    runs_at_all(subject)
    forget(server)
    register(server, subject)
    try:
        look(server, subject)
        return ask(server, subject, questions_of(subject) if asked is None else asked)
    finally:
        forget(server)


def is_fault(server: Server, case: dict, question: dict, folder: Path) -> Outcome | None:
    """The fault of one question about a case, where there still is one."""
    try:
        outcomes = run(server, case, folder, [question])
    except (NotExported, NotRegistered, StopIteration, KeyError, ValueError, IndexError, RuntimeError):
        shutil.rmtree(folder, ignore_errors=True)
        return None
    return next((one for one in outcomes if one.status == "fault"), None)
