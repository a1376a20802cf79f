"""Draws cases from seeds, asks a Glassgraph about them, and compares every figure with a reference in float64.

    python main.py --seed 1 --cases 100 --seconds 3600 --out /tmp/fuzz
    python main.py --replay /tmp/fuzz/faults/17-saliency
"""

import argparse
import collections
import json
import re
import shutil
import time
import traceback
from pathlib import Path

import torch
from draw import case_of
from export import NotExported
from run import NotRegistered, Outcome, run
from server import Server
from shrink import kept


class Report:
    def __init__(self):
        self.kinds: dict[str, collections.Counter] = collections.defaultdict(collections.Counter)
        self.reasons, self.skipped = collections.Counter(), collections.Counter()
        self.cases = 0
        self.faults: list[str] = []
        self.seen: collections.Counter = collections.Counter()

    def add(self, outcome: Outcome) -> None:
        kind = kind_of(outcome.question)
        self.kinds[kind][outcome.status] += 1
        self.kinds[kind]["figures"] += outcome.figures
        if outcome.status == "refused":
            self.reasons[f"{outcome.question['kind']}: {general(outcome.detail)}"] += 1

    def text(self) -> str:
        lines = ["| kind | figures | agreed | refused | faults |", "| --- | --- | --- | --- | --- |"]
        total: collections.Counter = collections.Counter()
        for kind, counts in sorted(self.kinds.items()):
            total += counts
            lines.append(f"| {kind} | {counts['figures']} | {counts['agreed']} | {counts['refused']} | {counts['fault']} |")
        lines.append(f"| all of {self.cases} models | {total['figures']} | {total['agreed']} | {total['refused']} | {total['fault']} |")
        lines += ["", "Refused:"] + [f"- {count} × {reason}" for reason, count in self.reasons.most_common()]
        lines += ["", "No model:"] + [f"- {count} × {reason}" for reason, count in self.skipped.most_common()]
        return "\n".join([*lines, "", "Faults:", *(f"- {one}" for one in self.faults)]) + "\n"


def kind_of(question: dict) -> str:
    return " ".join([question["kind"], question.get("method", "")]).strip()


def alike_as(outcome: Outcome) -> str:
    first = outcome.wrong[0].path.split(".")[-1] if outcome.wrong else outcome.detail
    return f"{kind_of(outcome.question)} {general(first)}"


def general(text: str) -> str:
    """Without what differs from case to case."""
    return re.sub(r"\d[\d.e+-]*", "N", re.sub(r"“[^”]*”|\"[^\"]*\"", "“…”", text))[:220]


def one_case(server: Server, seed: int, out: Path, report: Report, shrinks: bool) -> None:
    case, folder = case_of(seed), server.sources / "case"
    report.cases += 1
    try:
        outcomes = run(server, case, folder)
    except NotExported as error:
        report.skipped[f"PyTorch's exporter: {general(str(error))[:120]}"] += 1
        return
    except NotRegistered as error:
        report.skipped[f"registration: {general(str(error))}"] += 1
        report.faults.append(f"seed {seed}: not registered: {str(error)[:300]}")
        shutil.copytree(folder, out / "faults" / f"{seed}-registration", dirs_exist_ok=True)
        return
    for outcome in outcomes:
        report.add(outcome)
    for outcome in outcomes:
        if outcome.status == "fault":
            name = f"{seed}-{kind_of(outcome.question).replace(' ', '-').lower()}"
            report.faults.append(f"seed {seed} {kind_of(outcome.question)}: {outcome.detail[:300]}")
            print(f"FAULT {report.faults[-1]}", flush=True)
            # Of many alike, the first few are made small.
            report.seen[alike := alike_as(outcome)] += 1
            kept(server, case, outcome, out / "faults" / name, shrinks and report.seen[alike] <= 2)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1, help="of the first case; the next has the next one")
    parser.add_argument("--cases", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=float("inf"), help="begin no case after these")
    parser.add_argument("--out", type=Path, default=Path("/tmp/fuzz"), help="where faults and the table go")
    parser.add_argument("--no-shrink", action="store_true")
    parser.add_argument("--replay", type=Path, help="the folder of a fault: ask its question again")
    return parser.parse_args()


def replay(server: Server, folder: Path) -> None:
    case, question = (json.loads((folder / name).read_text()) for name in ("case.json", "question.json"))
    for outcome in run(server, case, server.sources / "case", [question]):
        print(outcome.status, outcome.detail)
        for figure in outcome.wrong:
            print(json.dumps(figure.told()))


def main() -> None:
    asked = arguments()
    torch.set_num_threads(1)
    sources = asked.out / "sources"
    sources.mkdir(parents=True, exist_ok=True)
    server, report, begun = Server(sources.resolve()), Report(), time.monotonic()
    try:
        if asked.replay:
            return replay(server, asked.replay)
        for seed in range(asked.seed, asked.seed + asked.cases):
            if time.monotonic() - begun > asked.seconds:
                break
            try:
                one_case(server, seed, asked.out, report, not asked.no_shrink)
            except Exception:
                report.faults.append(f"seed {seed}: the fuzzer itself: {traceback.format_exc(limit=-3)}")
                print(f"ERROR {report.faults[-1]}", flush=True)
                if not server.is_alive():
                    server.start()
            (asked.out / f"table-{asked.seed}.md").write_text(report.text())
        print(report.text())
        print(f"{time.monotonic() - begun:.0f} s")
    finally:
        server.stop()


if __name__ == "__main__":
    main()
