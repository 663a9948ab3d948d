"""Asks every case of a suite over HTTP and checks the replies; what is known is not asked again."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from app.evaluation.checks import check_reply
from app.evaluation.suite import Case
from trainer.contract.folder import is_torn, read_rows

CODE_TOKENS = 160
TEXT_TOKENS = 60
PARALLEL = 4
# Raised when what counts as passing changes, so that no old verdict is used.
CHECKS_VERSION = 1

Ask = Callable[[list[dict[str, str]], int], str]


@dataclass(frozen=True)
class CaseResult:
    """One case, answered and checked."""

    id: str
    group: str
    passed: bool
    why: str
    trouble: str | None
    reply: str


@dataclass(frozen=True)
class Examinee:
    """Who is examined: the digests tell one from another in the cache."""

    base_digest: str
    adapter_digest: str
    system_prompt: str
    ask: Ask

    def key(self, case: Case) -> str:
        """Where the cache keeps this examinee's answer to a case."""
        parts = (
            str(CHECKS_VERSION), self.base_digest, self.adapter_digest, self.system_prompt,
            case.digest,
        )  # fmt: skip
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


class AnswerCache:
    """Answers by examinee and case, append-only; a torn last line is asked again."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._lock = threading.Lock()
        self._known = {str(row.get("key")): row for row in read_rows(path)}

    def get(self, key: str) -> str | None:
        row = self._known.get(key)
        return None if row is None else str(row.get("reply", ""))

    def put(self, key: str, reply: str) -> None:
        row = {"key": key, "reply": reply}
        with self._lock:
            self._known[key] = row
            with self._path.open("ab") as file:
                if is_torn(self._path):
                    file.write(b"\n")
                file.write(json.dumps(row, ensure_ascii=False).encode() + b"\n")


def examine(
    examinee: Examinee,
    cases: Sequence[Case],
    cache: AnswerCache,
    *,
    parallel: int = PARALLEL,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[CaseResult]:
    """Answer and check all cases, several at once; a killed exam goes on from its cache."""
    done = 0
    lock = threading.Lock()

    def one(case: Case) -> CaseResult:
        nonlocal done
        key = examinee.key(case)
        reply = cache.get(key)
        if reply is None:
            reply = examinee.ask(messages_of(case.prompt, examinee.system_prompt), tokens_for(case))
            cache.put(key, reply)
        checked = check_reply(case, reply)
        with lock:
            done += 1
            on_progress(done, len(cases))
        return CaseResult(case.id, case.group, checked.passed, checked.why, checked.trouble, reply)

    with ThreadPoolExecutor(parallel, thread_name_prefix="exam") as pool:
        return list(pool.map(one, cases))


def messages_of(prompt: str, system_prompt: str) -> list[dict[str, str]]:
    """A prompt as a user of the persona would put it."""
    system = [{"role": "system", "content": system_prompt}] if system_prompt else []
    return [*system, {"role": "user", "content": prompt}]


def tokens_for(case: Case) -> int:
    """How long a reply may be."""
    return CODE_TOKENS if case.check == "code" else TEXT_TOKENS
