#!/usr/bin/env python3
"""Measures Nightdesk on this machine and fills the results section of docs/BENCHMARKS.md.

`make bench` runs it inside `nightdesk postgres exec`, so that DATABASE_URL names a Postgres of its own. Every figure is
the median of N runs with the smallest and the largest, and stands beside the command that gave it. Raw samples go to
target/bench/results.json. Standard library only.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timezone
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/BENCHMARKS.md"
MARKS = ("<!-- results -->", "<!-- end of results -->")
IMPORTED = 10_000
SETS = ("factbook", "appstream", "earthquakes")
# The demo's campaigns, and those of them that are drafted with few rows too.
CAMPAIGNS = ("nightly-explainers", "product-ads", "search-ads", "quakes")
COMPARED = ("nightly-explainers", "product-ads")


class Bench:
    def __init__(self, binary: Path, url: str, runs: int, briefs: int) -> None:
        self.binary, self.url, self.runs, self.briefs = binary, url, runs, briefs
        self.figures: list[dict] = []
        self.databases: list[str] = []

    def say(self, text: str) -> None:
        print(f"==> {text}", file=sys.stderr, flush=True)

    def add(self, name: str, unit: str, samples: list[float], command: str) -> None:
        """Notes one figure and prints it."""
        figure = {"name": name, "unit": unit, "median": statistics.median(samples), "min": min(samples),
                  "max": max(samples), "samples": samples, "command": command}
        self.figures.append(figure)
        print("  " + " | ".join(row(figure)), flush=True)

    def run(self, *args: str, url: str | None = None) -> tuple[float, int, str]:
        """Seconds, peak memory in bytes and standard output of one command."""
        environment = {k: v for k, v in os.environ.items() if not k.startswith("NIGHTDESK_")}
        environment["DATABASE_URL"] = url or self.url
        with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
            started = time.perf_counter()
            child = subprocess.Popen([str(self.binary), "--project", str(ROOT), *args], stdout=output, stderr=errors, env=environment, cwd=ROOT)
            _, status, usage = os.wait4(child.pid, 0)
            seconds = time.perf_counter() - started
            child.returncode = os.waitstatus_to_exitcode(status)
            if child.returncode != 0:
                errors.seek(0)
                sys.exit(f"error: `nightdesk {' '.join(args)}` ended with {child.returncode}:\n{errors.read().decode()}")
            output.seek(0)
            return seconds, usage.ru_maxrss * 1024, output.read().decode()

    def psql(self, sql: str, url: str | None = None) -> str:
        command = ["psql", "-qXAt", "-v", "ON_ERROR_STOP=1", url or self.url, "-c", sql]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def database(self, like: str | None = None) -> str:
        """The address of a new database with the schema, or a copy of another."""
        name = f"bench_{os.getpid()}_{len(self.databases)}"
        template = f" template {urlsplit(like).path[1:]}" if like else ""
        self.psql(f"create database {name}{template}")
        self.databases.append(name)
        url = urlunsplit(urlsplit(self.url)._replace(path=f"/{name}"))
        # urlunsplit drops the empty host of a socket address.
        url = re.sub(r"^postgresql:/(?!/)", "postgresql:///", url)
        if not like:
            self.run("migrate", url=url)
        return url

    def close(self) -> None:
        for name in self.databases:
            self.psql(f"drop database if exists {name} with (force)")

    # What is measured, one function a line of docs/BENCHMARKS.md.

    def start_up(self) -> None:
        self.say("start-up")
        url = self.database()
        for args in (("--help",), ("drafts", "list", "--json")):
            samples = [self.run(*args, url=url)[0] * 1e3 for _ in range(self.runs * 4)]
            self.add(f"start-up, `{' '.join(args)}`", "ms", samples, f"nightdesk {' '.join(args)}")

    def size(self) -> None:
        self.add("binary", "MB", [self.binary.stat().st_size / 1e6], "ls -l target/release/nightdesk")

    def imports(self) -> None:
        self.say(f"import of {IMPORTED} briefs")
        source = ROOT / ".nightdesk/briefs/factbook.jsonl"
        lines = [json.loads(line) for line in source.read_text().splitlines() if line]
        with tempfile.TemporaryDirectory() as folder:
            jsonl = Path(folder) / "briefs.jsonl"
            made = [{**lines[n % len(lines)], "external_ref": f"bench-{n}"} for n in range(IMPORTED)]
            jsonl.write_text("".join(json.dumps(brief) + "\n" for brief in made))
            self.import_file(jsonl, "JSONL")
            if "csv" in self.run("briefs", "import", "--help")[2].lower():
                table = Path(folder) / "briefs.csv"
                write_csv(table, made)
                self.import_file(table, "CSV")

    def import_file(self, file: Path, what: str) -> None:
        new, again, memory = [], [], []
        for _ in range(self.runs):
            url = self.database()
            seconds, peak, _ = self.run("briefs", "import", str(file), "--json", url=url)
            count = int(self.psql("select count(*) from briefs", url))
            if count != IMPORTED:
                sys.exit(f"error: {count} of {IMPORTED} briefs were imported from {what}")
            new.append(count / seconds)
            memory.append(peak / 1e6)
            again.append(count / self.run("briefs", "import", str(file), "--json", url=url)[0])
        command = f"nightdesk briefs import {file.name}"
        self.add(f"import, {what}, new", "briefs/s", new, command)
        self.add(f"import, {what}, unchanged", "briefs/s", again, command + " (again)")
        self.add(f"import, {what}, peak memory", "MB", memory, command)

    def campaigns(self) -> None:
        prepared = self.database()
        for name in SETS:
            file = ROOT / f".nightdesk/briefs/{name}.jsonl"
            if not file.exists():
                sys.exit(f"error: {file.relative_to(ROOT)} is not there\n\nhint: `make setup` makes it")
            self.run("briefs", "import", str(file), "--json", url=prepared)
        self.run("campaigns", "apply", "--json", url=prepared)
        score = []
        for campaign in CAMPAIGNS:
            speeds = {}
            for rows in (30, 3) if campaign in COMPARED else (30,):
                self.say(f"{campaign}, {rows} rows")
                tokens, drafts, memory = [], [], []
                for _ in range(self.runs):
                    url = self.database(like=prepared)
                    args = ("run", campaign, "--limit", str(self.briefs), "--max-rows", str(rows), "--json")
                    _, peak, output = self.run(*args, url=url)
                    run = json.loads(output)
                    tokens.append(run["tok_s"])
                    drafts.append(run["drafts"] / seconds_between(run["started_at"], run["finished_at"]) * 60)
                    memory.append(peak / 1e6)
                    found = self.psql("select (timings_ms ->> 'score')::float from drafts", url)
                    score += [float(line) for line in found.splitlines()]
                command = f"nightdesk {' '.join(args[:-1])}"
                self.add(f"{campaign}, {rows} rows", "tokens/s", tokens, command)
                self.add(f"{campaign}, {rows} rows", "drafts/min", drafts, command)
                self.add(f"{campaign}, {rows} rows, peak memory", "MB", memory, command)
                speeds[rows] = statistics.median(tokens)
            if 3 in speeds:
                self.add(f"{campaign}, 30 rows against 3", "×", [speeds[30] / speeds[3]], "the two above")
        score.sort()
        for share in (50, 99):
            value = score[min(len(score) - 1, len(score) * share // 100)]
            self.add(f"scoring a draft, p{share} of {len(score)}", "ms", [value], "timings_ms of the drafts above")

    def engine(self) -> None:
        """The engine alone: decode speed by rows, and the quality of the default model where its fp32 export is there."""
        self.say("models check")
        decode, prefill = {}, []
        for _ in range(self.runs):
            speed = json.loads(self.run("models", "check", "smollm2-135m-instruct", "--json")[2])["speed"]
            prefill.append(speed["prefill_tok_s"])
            for each in speed["decode"]:
                decode.setdefault(each["rows"], []).append(each["tok_s"])
        command = "nightdesk models check smollm2-135m-instruct"
        self.add("engine, prompt", "tokens/s", prefill, command)
        for rows, samples in sorted(decode.items()):
            self.add(f"engine, decode, {rows} rows", "tokens/s", samples, command)

    def micro(self) -> None:
        self.say("in-process benchmarks")
        command = ["cargo", "bench", "--quiet", "--bench", "micro"]
        told = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True, env={**os.environ, "SQLX_OFFLINE": "true"})
        medians = {}
        for name, fastest, slowest, median in read_divan(told.stdout):
            medians[name] = median
            self.figures.append({"name": name.replace("_", " "), "unit": "µs", "median": median, "min": fastest, "max": slowest,
                                 "samples": [], "command": "cargo bench --bench micro"})
            print("  " + " | ".join(row(self.figures[-1])), flush=True)
        each, once = (medians.get(f"score_reading_the_brief_{how}") for how in ("each_time", "once"))
        if each and once:
            self.add("scores of one brief, read each time against once", "×", [each / once], "cargo bench --bench micro")


    def queue(self) -> None:
        """The queue without a model, and its peers; it makes a database of its own on this server."""
        self.say("queue")
        command = ["cargo", "bench", "--quiet", "--bench", "queue", "--", "--json"]
        told = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True,
                              env={**os.environ, "DATABASE_URL": self.url, "SQLX_OFFLINE": "true"})
        for figure in json.loads(told.stdout):
            self.figures.append(figure)
            print("  " + " | ".join(row(figure)), flush=True)


def read_divan(text: str):
    """(name, fastest, slowest, median) in microseconds of each line of a divan table."""
    units = {"ns": 1e-3, "µs": 1.0, "us": 1.0, "ms": 1e3, "s": 1e6}
    number = r"([\d.]+) (ns|µs|us|ms|s)"
    line = re.compile(rf"^[├╰]─ (\w+)\s+{number}\s+│ {number}\s+│ {number}\s+│")
    for found in filter(None, map(line.match, text.splitlines())):
        name, *values = found.groups()
        yield (name, *(float(values[n]) * units[values[n + 1]] for n in (0, 2, 4)))


def write_csv(path: Path, briefs: list[dict]) -> None:
    rows = [dict(flatten("", brief)) for brief in briefs]
    header = list(dict.fromkeys(key for each in rows for key in each))
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, header)
        writer.writeheader()
        writer.writerows(rows)


def flatten(prefix: str, value):
    """Dotted headers, `facts.0.value`; nothing for what is unset."""
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    else:
        if value is not None:
            yield prefix, value
        return
    for key, inner in items:
        yield from flatten(f"{prefix}.{key}" if prefix else str(key), inner)


def seconds_between(start: str, end: str) -> float:
    instant = lambda text: datetime.fromisoformat(text.replace("Z", "+00:00"))  # noqa: E731
    return max((instant(end) - instant(start)).total_seconds(), 1e-3)


def machine(bench: Bench) -> dict:
    read = lambda path, pattern: next(iter(re.findall(pattern, Path(path).read_text(), re.M)), "unknown")  # noqa: E731
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True).stdout.strip()
    return {
        "cpu": read("/proc/cpuinfo", r"^model name\s*: (.*)"), "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(int(read("/proc/meminfo", r"^MemTotal:\s*(\d+)")) / 2**20, 1), "kernel": platform.release(),
        "postgres": bench.psql("show server_version"), "nightdesk": bench.run("--version")[2].strip(), "commit": commit or "unknown",
        "rustc": subprocess.run(["rustc", "--version"], capture_output=True, text=True).stdout.strip(),
        "load_before": round(os.getloadavg()[0], 2), "date": datetime.now(timezone.utc).strftime("%Y-%m-%d"),
    }


def row(figure: dict) -> list[str]:
    value = lambda number: f"{number:,.0f}" if number >= 100 else f"{number:.3g}"  # noqa: E731
    spread = f"{value(figure['min'])}–{value(figure['max'])}" if figure["min"] != figure["max"] else ""
    return [figure["name"], f"{value(figure['median'])} {figure['unit']}", spread, f"`{figure['command']}`"]


def markdown(where: dict, figures: list[dict], runs: int, briefs: int) -> str:
    lines = [
        f"Measured {where['date']} at {where['commit']} ({where['nightdesk']}, {where['rustc']}) on {where['cores']} cores of "
        f"{where['cpu']} with {where['memory_gib']} GiB, Linux {where['kernel']}, Postgres {where['postgres']}; load average before "
        f"it began: {where['load_before']}. Medians of {runs} runs (start-up: {runs * 4}), {briefs} briefs a run.",
        "", "| what | median | smallest–largest | command |", "|---|---:|---:|---|",
    ]
    return "\n".join(lines + ["| " + " | ".join(row(figure)) + " |" for figure in figures]) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", type=Path, default=ROOT / "target/release/nightdesk")
    parser.add_argument("--runs", type=int, default=3, help="runs of each figure")
    parser.add_argument("--briefs", type=int, default=15, help="briefs of a campaign's run")
    parser.add_argument("--only", nargs="*", choices=["size", "start_up", "imports", "micro", "queue", "engine", "campaigns"], help="some of it; the page stays as it is")
    args = parser.parse_args()
    if not (url := os.environ.get("DATABASE_URL")):
        sys.exit("error: DATABASE_URL is not set\n\nhint: `make bench` sets it")
    bench = Bench(args.binary.resolve(), url, args.runs, args.briefs)
    where = machine(bench)
    try:
        for part in args.only or ["size", "start_up", "imports", "micro", "queue", "engine", "campaigns"]:
            getattr(bench, part)()
    finally:
        bench.close()
    place = ROOT / "target/bench"
    place.mkdir(parents=True, exist_ok=True)
    (place / "results.json").write_text(json.dumps({"machine": where, "figures": bench.figures}, indent=1, ensure_ascii=False) + "\n")
    text = markdown(where, bench.figures, args.runs, args.briefs)
    (place / "results.md").write_text(text)
    print("\n" + text)
    if not args.only:
        before, rest = PAGE.read_text().split(MARKS[0], 1)
        after = rest.split(MARKS[1], 1)[1]
        PAGE.write_text(f"{before}{MARKS[0]}\n{text}{MARKS[1]}{after}")


if __name__ == "__main__":
    main()
