#!/usr/bin/env python3
"""Measure where the time of a transaction goes, inside the oracle root.

For an installation, an upgrade and a removal: the real dnf5, `rpm` alone on the
same files, oxidnf, and the physical limit, which is decompressing the same
payloads on all processors and writing the bytes, or unlinking the same paths.  On tmpfs, which counts, and
on the disk of the loads beside it.  Prints Markdown.

The parts come from the times of the programs' own output lines (download,
verify, prepare, run), from `rpm --stats`, and from the line that oxidnf leaves
in its log; they are those of the run whose wall time is the median.
"""

import argparse
import os
import re
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

import measure
from measure import LOADS, TOOLS

LIMIT = "/srv/bin/limit"
PLACES = {"tmpfs": Path("/dev/shm/oxidnf-bench"), "disk": LOADS / "work"}
PARTS = ["download", "verify", "prepare", "unpack", "erase", "scripts", "database", "sync"]


class Sample:
    def __init__(self, wall, cpu, mb, rc, parts):
        self.wall, self.cpu, self.mb, self.rc, self.parts = wall, cpu, mb, rc, parts


def watched(argv, log, stdin=subprocess.DEVNULL):
    """Run a program and note when each line came out of it."""
    start = time.perf_counter()
    proc = subprocess.Popen(argv, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    lines = []
    for line in proc.stdout:
        lines.append((time.perf_counter() - start, line.decode(errors="replace")))
        log.write(line)
    _, status, usage = os.wait4(proc.pid, 0)
    wall = time.perf_counter() - start
    rc = proc.returncode = os.waitstatus_to_exitcode(status)
    return Sample(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, rc, {}), lines


def last(lines, pattern):
    return next((at for at, line in reversed(lines) if re.search(pattern, line)), None)


def dnf_parts(lines, wall):
    """What the lines of dnf5, and of oxidnf, tell; the rest of the run is one part."""
    marks = [("start", last(lines, r"^ (Removing|Upgrading|Installing): |^After this operation|^ After this operation"))]
    marks += [("download", last(lines, r"^\[\d+/\d+\] Total ")), ("verify", last(lines, r"Verify package files"))]
    marks += [("prepare", last(lines, r"Prepare transaction"))]
    parts, before = {}, 0.0
    for name, at in marks:
        if at is not None:
            parts[name] = at - before
            before = at
    parts["run"] = wall - before
    return parts


def logged_parts(root):
    """The line that oxidnf leaves in its log."""
    text = (root / "var/log/dnf5.log").read_text(errors="replace")
    found = re.findall(r"times:((?: \w+ [\d.]+)+)", text)
    words = found[-1].split() if found else []
    return {name: float(value) for name, value in zip(words[::2], words[1::2])}


def oxidnf_parts(lines, root, wall):
    parts = dnf_parts(lines, wall)
    parts.pop("run")
    return {**parts, **logged_parts(root)}


def rpm_parts(lines):
    """The totals of `rpm --stats`."""
    found = {}
    for _, line in lines:
        match = re.match(r"\s+(\w+):\s+\d+\s+[\d.]+ MB\s+([\d.]+) secs", line)
        if match:
            found[match[1]] = found.get(match[1], 0.0) + float(match[2])
    parts = {"unpack": found.get("install", 0.0), "erase": found.get("erase", 0.0)}
    parts["scripts"] = found.get("scriptlets", 0.0)
    parts["database"] = found.get("dbadd", 0.0) + found.get("dbremove", 0.0)
    parts["prepare"] = sum(found.get(name, 0.0) for name in ("check", "order", "fingerprint"))
    parts["verify"] = found.get("verify", 0.0)
    return {name: value for name, value in parts.items() if value > 0.0005}


class Scenario:
    def __init__(self, name, seeded, repos, dnf, rpm, packages):
        self.name, self.seeded, self.repos = name, seeded, repos
        self.dnf, self.rpm, self.packages = dnf, rpm, packages


def scenarios():
    removable = (LOADS / "removable").read_text().split()
    base, updates = (sorted(map(str, (LOADS / "repo" / repo).glob("*.rpm"))) for repo in ("base", "updates"))
    remove = ["remove", "-y", "--no-autoremove", *removable]
    return [
        Scenario(f"install of the base system ({len(base)} packages)", False, ["base"], ["install", "-y", "*"], ["-U", *base], base),
        Scenario("upgrade of 100", True, ["base", "updates"], ["upgrade", "-y"], ["-U", *updates], updates),
        Scenario("remove of 100", True, ["base"], remove, ["-e", *removable], []),
    ]


class Bench:
    def __init__(self, place, log):
        self.work, self.log = PLACES[place], log
        self.seed = self.work / "seed"

    def prepare(self, scenario):
        root = self.work / "root"
        shutil.rmtree(root, ignore_errors=True)
        if scenario.seeded:
            self.make_seed()
            subprocess.run(["cp", "-a", self.seed, root], check=True)
        (root / "etc/yum.repos.d").mkdir(parents=True, exist_ok=True)
        (root / "etc/dnf").mkdir(exist_ok=True)
        (root / "etc/dnf/dnf.conf").write_text("[main]\n")
        for repo in scenario.repos:
            (root / f"etc/yum.repos.d/{repo}.repo").write_text(measure.repo_file(repo))
        os.sync()
        return root

    def make_seed(self):
        if self.seed.exists():
            return
        measure.WORK = self.work
        measure.new_root("dnf5", "seed", ["base"])
        measure.quietly(measure.command("dnf5", "seed", ["install", "-y", "*"]), self.log)
        made = measure.root("dnf5", "seed")
        shutil.rmtree(made / "var/cache/libdnf5", ignore_errors=True)
        made.rename(self.seed)

    def run(self, tool, scenario):
        if tool == "limit":
            return self.limit(scenario)
        root = self.prepare(scenario)
        self.log.write(f"\n### split: {scenario.name} / {tool}\n".encode())
        self.log.flush()
        if tool == "rpm":
            sample, lines = watched(["rpm", f"--root={root}", "--stats", *scenario.rpm], self.log)
            sample.parts = rpm_parts(lines)
        else:
            argv = [TOOLS[tool], f"--installroot={root}", "--releasever=1", *scenario.dnf]
            sample, lines = watched(argv, self.log)
            parts = oxidnf_parts(lines, root, sample.wall) if tool == "oxidnf" else dnf_parts(lines, sample.wall)
            sample.parts = parts
        return sample

    def limit(self, scenario):
        if not scenario.packages:
            return self.limit_of_removal(scenario)
        root = self.work / "root"
        shutil.rmtree(root, ignore_errors=True)
        os.sync()
        sample, lines = watched([LIMIT, root, str(os.cpu_count()), *scenario.packages], self.log)
        sample.parts = {"unpack": float(lines[-1][1].split()[0])}
        return sample

    def limit_of_removal(self, scenario):
        root = self.prepare(scenario)
        listed = self.work / "paths"
        with open(listed, "wb") as paths:
            subprocess.run(["rpm", f"--root={root}", "-ql", *scenario.rpm[1:]], stdout=paths, check=True)
        os.sync()
        with open(listed, "rb") as paths:
            sample, lines = watched([LIMIT, "--remove", root, str(os.cpu_count())], self.log, paths)
        sample.parts = {"erase": float(lines[-1][1].split()[0])}
        return sample


def row(name, tool, samples):
    wall = statistics.median(sample.wall for sample in samples)
    middle = min(samples, key=lambda sample: abs(sample.wall - wall))
    cpu = statistics.median(sample.cpu for sample in samples)
    mb = max(sample.mb for sample in samples)
    parts = middle.parts
    cells = [f"{parts[part]:.3f}" if part in parts else "" for part in PARTS]
    if "run" in parts and tool == "dnf5":
        cells[PARTS.index("unpack")] = f"{parts['run']:.3f} in all"
    bad = "".join(f" **ended with {sample.rc}**" for sample in samples if sample.rc)
    print(f"| {name}{bad} | {tool} | {wall:.3f} | {cpu:.3f} | {mb:.0f} | " + " | ".join(cells) + " |")
    sys.stdout.flush()
    return wall


NAMES = {"dnf5": "dnf5", "rpm": "`rpm` alone", "oxidnf": "oxidnf", "limit": "physical limit"}


def report(places, runs, only, log):
    print("\n## Where a transaction's time goes\n")
    print("Seconds of the run with the median wall time. `rpm` alone gets the package files and tells its parts by `--stats`.")
    print("For oxidnf, unpack is what the thread that commits spends on files, waiting included, as others stage contents")
    print("meanwhile. The physical limit decompresses the same payloads on all processors and writes the bytes, one file")
    print("for each package; that of a removal unlinks the same paths on all processors. Peak memory is that of the")
    print("largest process.")
    print(f"Measured on {time.strftime('%Y-%m-%d')}, while other work put a load of {os.getloadavg()[0]:.1f} on the machine.")
    for place in places:
        PLACES[place].mkdir(parents=True, exist_ok=True)
        bench = Bench(place, log)
        print(f"\n### On {place}\n")
        print("| line | program | wall s | CPU s | MB | " + " | ".join(PARTS) + " |")
        print("|---|---|---|---|---|" + "---|" * len(PARTS))
        for scenario in scenarios():
            if only and not any(part in scenario.name for part in only):
                continue
            samples = {tool: [] for tool in NAMES}
            for _ in range(runs):
                for tool in NAMES:
                    sample = bench.run(tool, scenario)
                    if sample:
                        samples[tool].append(sample)
            walls = {tool: row(scenario.name, NAMES[tool], got) for tool, got in samples.items() if got}
            ratio = {tool: walls[tool] / walls["oxidnf"] for tool in walls}
            beside = ", ".join(f"{NAMES[tool]} {ratio[tool]:.2f}" for tool in walls if tool != "oxidnf")
            print(f"| {scenario.name} | times oxidnf | {beside} |" + " |" * (len(PARTS) + 2))
        shutil.rmtree(bench.work, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", action="append", default=[], help="lines whose name contains this")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--place", action="append", choices=list(PLACES), help="tmpfs or disk; both without")
    parser.add_argument("--log", default="/srv/t/bench.log")
    args = parser.parse_args()
    with open(args.log, "ab") as log, measure.server(log):
        report(args.place or list(PLACES), args.runs, args.only, log)


if __name__ == "__main__":
    main()
