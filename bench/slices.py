#!/usr/bin/env python3
"""Decide random goals over the large repository twice: with the slice that the goal can reach, and with the whole pool.

    slices.py OXIDNF LOADS [GOALS [SEED [JUDGE]]]

Both must say the same, byte for byte, with the same exit code. Systems with random packages of the base repository
(in the database only) make upgrades, removals and conflicts possible. A difference is printed with the command that shows it.
With JUDGE, the real dnf5, its answer is compared instead of that of the whole pool; this runs where the real dnf5 does.
"""

import collections
import concurrent.futures
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

SYSTEMS = 6


class Bench:
    def __init__(self, program, loads, work, judge=None):
        self.program = program
        self.judge = judge
        self.loads = Path(loads).resolve()
        self.work = Path(work)
        self.cache = self.work / "cache"

    def run(self, root, *args, repo="large", program=None):
        cache = self.cache if program is None else self.work / "cache-judge"
        command = [
            program or self.program, f"--installroot={root}", f"--repofrompath={repo},{self.loads}/repo/{repo}", f"--repo={repo}",
            "--setopt=pkg_gpgcheck=0", f"--setopt=cachedir={cache}", f"--setopt=system_cachedir={cache}",
            "--setopt=protected_packages=", "--skip-file-locks", "--releasever=1", *args,
        ]
        done = subprocess.run(command, capture_output=True, text=True, cwd=self.work, stdin=subprocess.DEVNULL)
        return done.returncode, done.stdout, done.stderr

    def must(self, root, *args, repo="large"):
        code, out, err = self.run(root, *args, repo=repo)
        if code != 0:
            sys.exit(f"{' '.join(args)}: exit {code}\n{out[-2000:]}{err[-2000:]}")
        return out


def make_system(bench, names, number, seed):
    """A root with random packages; justdb, as only the database matters."""
    root = bench.work / f"root{number}"
    (root / "etc/dnf").mkdir(parents=True)
    (root / "etc/dnf/dnf.conf").write_text("[main]\n")
    if number == 0:
        return root
    choice = random.Random(seed * 1000 + number)
    wanted = choice.sample(names, 12 * number)
    bench.must(
        root, "install", "-y", "--skip-broken", "--no-best", "--setopt=tsflags=justdb,noscripts,nocrypto", *wanted,
        repo="base",
    )
    return root


def goal(choice, names, installed):
    """One command: (arguments, system number)."""
    system = choice.randrange(SYSTEMS)
    here = installed[system]
    some = lambda among, most: choice.sample(among, min(len(among), choice.randint(1, most)))
    kinds = ["install"] * 6
    if here:
        kinds += ["remove", "upgrade", "reinstall", "distro-sync", "swap", "install-remove", "downgrade"]
    kind = choice.choice(kinds)
    flags = []
    if choice.random() < 0.3:
        flags.append("--setopt=install_weak_deps=0")
    if kind in ("install", "swap", "upgrade", "distro-sync") and choice.random() < 0.4:
        flags.append("--allowerasing")
    if choice.random() < 0.3:
        flags.append(choice.choice(["--best", "--no-best"]))
    if kind == "install" and choice.random() < 0.3:
        flags.append("--skip-broken")
    if choice.random() < 0.2:
        flags.append(f"--exclude={','.join(some(names, 3))}")
    if kind == "install":
        specs = some(names, 6)
    elif kind == "swap":
        specs = [choice.choice(here), choice.choice(names)]
    elif kind == "install-remove":
        kind, specs = "do", ["--action=install", *some(names, 2), "--action=remove", *some(here, 2)]
    elif kind in ("upgrade", "distro-sync") and choice.random() < 0.5:
        specs = []
    else:
        specs = some(here, 3)
    return [kind, "--assumeno", *flags, *specs], system


def compare(bench, roots, args, system):
    slice_ = bench.run(roots[system], *args)
    if bench.judge:
        whole = bench.run(roots[system], *args, program=bench.judge)
    else:
        whole = bench.run(roots[system], *args, "--setopt=debug_solver=1")
    kind = "solved" if "Transaction Summary" in slice_[1] else "problem" if "Problem" in slice_[2] else "nothing"
    return slice_ == whole, kind, slice_, whole


def main():
    program, loads = os.path.abspath(sys.argv[1]), sys.argv[2]
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 2000
    seed = int(sys.argv[4]) if len(sys.argv) > 4 else 1
    judge = sys.argv[5] if len(sys.argv) > 5 else None
    with tempfile.TemporaryDirectory(prefix="oxidnf-slices-") as work:
        bench = Bench(program, loads, work, judge)
        empty = make_system(bench, [], 0, seed)
        bench.must(empty, "makecache")
        if judge:
            bench.run(empty, "makecache", program=judge)
        listed = bench.must(empty, "repoquery", "--qf", "%{name}\n")
        names = sorted(set(listed.split()))
        base = bench.must(empty, "repoquery", "--qf", "%{name}\n", repo="base")
        base = sorted(set(base.split()))
        roots = [empty] + [make_system(bench, base, number, seed) for number in range(1, SYSTEMS)]
        installed = [[]]
        for root in roots[1:]:
            installed.append(sorted(set(bench.must(root, "repoquery", "--installed", "--qf", "%{name}\n").split())))
        print(f"{len(names)} names, systems with {[len(names) for names in installed]} packages", flush=True)
        choice = random.Random(seed)
        goals = [goal(choice, names, installed) for _ in range(count)]
        kinds = collections.Counter()
        different = 0
        other = "judge" if judge else "whole"
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            jobs = [pool.submit(compare, bench, roots, args, system) for args, system in goals]
            for (args, system), job in zip(goals, jobs):
                same, kind, slice_, whole = job.result()
                kinds[kind] += 1
                if not same:
                    different += 1
                    print(f"system {system}: {' '.join(args)}\n-- slice --\n{slice_}\n-- {other} --\n{whole}", flush=True)
        print(f"{count} goals (seed {seed}): {dict(kinds)}; {different} differ")
        return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
