#!/usr/bin/env python3
"""Measure the real dnf5 and oxidnf side by side, inside the oracle root.

The runs of the two programs are interleaved, so that a change of the machine's
load hits both.  Everything is served over loopback HTTP; roots are on tmpfs,
because a disk in a virtual machine is too noisy to compare on.  Prints
Markdown: medians of wall seconds, CPU seconds (user and system, with children)
and peak resident megabytes, and the ratios dnf5 / oxidnf.
"""

import argparse
import contextlib
import os
import platform
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

PORT = 8189
LOADS = Path("/srv/t")
TOOLS = {"dnf5": "/usr/bin/dnf5", "oxidnf": "/srv/bin/dnf5"}
WORK = Path("/dev/shm/oxidnf-bench")
# A path that primary does not list.
PATH = "/usr/share/doc/vim/copyright"
DESKTOPS = ("task-gnome-desktop", "task-kde-desktop", "task-xfce-desktop")
# Both are mail servers, and a system has one.
RIVALS = ("exim4-daemon-light", "postfix")

NGINX = f"""
worker_processes 2;
pid /tmp/nginx-bench.pid;
error_log stderr;
events {{ worker_connections 256; }}
http {{
    access_log off; sendfile on; tcp_nopush on; keepalive_timeout 65;
    client_body_temp_path /tmp/nginx-body; proxy_temp_path /tmp/nginx-proxy; fastcgi_temp_path /tmp/nginx-fcgi;
    uwsgi_temp_path /tmp/nginx-uwsgi; scgi_temp_path /tmp/nginx-scgi;
    default_type application/octet-stream;
    server {{ listen 127.0.0.1:{PORT}; root {LOADS}/repo; }}
}}
"""


def root(tool, name):
    return WORK / tool / name


def repo_file(repo):
    return (
        f"[{repo}]\nname={repo}\nbaseurl=http://127.0.0.1:{PORT}/{repo}\n"
        f"gpgcheck={0 if repo.startswith('large') else 1}\ngpgkey=file://{LOADS}/key.asc\n"
    )


def new_root(tool, name, repos):
    """An empty root that knows some of the repositories."""
    place = root(tool, name)
    shutil.rmtree(place, ignore_errors=True)
    (place / "etc/yum.repos.d").mkdir(parents=True)
    (place / "etc/dnf").mkdir()
    (place / "etc/dnf/dnf.conf").write_text("[main]\n")
    for repo in repos:
        (place / f"etc/yum.repos.d/{repo}.repo").write_text(repo_file(repo))


def command(tool, name, args):
    return [TOOLS[tool], f"--installroot={root(tool, name)}", "--releasever=1", *args]


def run(argv, log):
    start = time.perf_counter()
    proc = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    _, status, usage = os.wait4(proc.pid, 0)
    proc.returncode = os.waitstatus_to_exitcode(status)
    return {
        "wall": time.perf_counter() - start,
        "cpu": usage.ru_utime + usage.ru_stime,
        "mb": usage.ru_maxrss / 1024,
        "rc": proc.returncode,
    }


def quietly(argv, log, fine=(0,)):
    done = run(argv, log)
    if done["rc"] not in fine:
        raise SystemExit(f"{' '.join(map(str, argv))} ended with {done['rc']}; see {log.name}")


class Line:
    def __init__(self, name, args, root="warm", setup=None, fine=(0,), runs=5, warmup=0, most=None):
        self.name, self.args, self.root, self.setup = name, args, root, setup
        self.fine, self.runs, self.warmup = fine, runs, warmup
        # At most so many runs of the real dnf5, where it takes minutes.
        self.most = runs if most is None else most


def lines(log):
    removable = (LOADS / "removable").read_text().split()

    def cold(repo):
        return lambda tool: new_root(tool, "cold", [repo])

    def without_paths(tool):
        # Everything but the file lists is there, as after a first makecache.
        new_root(tool, "paths", ["large"])
        quietly(command(tool, "paths", ["makecache"]), log)

    def without_packages(tool):
        new_root(tool, "fetch", ["base"])
        quietly(command(tool, "fetch", ["makecache"]), log)

    def empty(tool):
        new_root(tool, "fresh", ["base"])

    def copy_of_full(tool):
        # One and the same full system for both: the one that the real dnf5 installed.
        place = root(tool, "full")
        shutil.rmtree(place, ignore_errors=True)
        place.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["cp", "-a", root("dnf5", "seed"), place], check=True)

    def with_updates(tool):
        copy_of_full(tool)
        (root(tool, "full") / "etc/yum.repos.d/updates.repo").write_text(repo_file("updates"))

    def installed(tool):
        # The base system with its upgrade and the large repository, everything fetched.
        place = root(tool, "system")
        if place.exists():
            return
        copy_of_full(tool)
        root(tool, "full").rename(place)
        for repo in ("updates", "large"):
            (place / f"etc/yum.repos.d/{repo}.repo").write_text(repo_file(repo))
        quietly(command(tool, "system", ["makecache"]), log)

    def offer_seed(_tool):
        if not root("dnf5", "seed").exists():
            new_root("dnf5", "seed", ["base"])
            quietly(command("dnf5", "seed", ["install", "-y", "*"]), log)
            shutil.rmtree(root("dnf5", "seed") / "var/cache/libdnf5", ignore_errors=True)

    def after_seed(step):
        def both(tool):
            offer_seed(tool)
            step(tool)

        return both

    return [
        Line("makecache, cold, 7,700 packages", ["makecache"], "cold", cold("large-tenth"), runs=5),
        Line("makecache, cold, 76,000 packages", ["makecache"], "cold", cold("large"), runs=5),
        Line("makecache, cold, 229,000 packages", ["makecache"], "cold", cold("large-triple"), runs=3),
        Line("makecache --refresh, unchanged", ["makecache", "--refresh"]),
        Line("provides of a path in the file lists, first", ["provides", PATH], "paths", without_paths, runs=3),
        Line("provides of a path in the file lists, warm", ["provides", PATH], "paths"),
        Line("repoquery bash, warm", ["repoquery", "bash"], warmup=1),
        Line("info vim, warm", ["info", "vim"]),
        Line("list --available, warm", ["list", "--available"]),
        Line("search editor, warm", ["search", "editor"]),
        Line("install --assumeno vim, warm", ["install", "--assumeno", "vim"], fine=(1,), warmup=1),
        Line("install --assumeno task-gnome-desktop, warm", ["install", "--assumeno", "task-gnome-desktop"], fine=(1,), warmup=1),
        Line("install --assumeno of three desktops, warm", ["install", "--assumeno", *DESKTOPS], fine=(1,), warmup=1),
        Line("install --assumeno of two that conflict, warm", ["install", "--assumeno", *RIVALS], fine=(1,), warmup=1),
        Line(
            "upgrade --assumeno of the base system, warm",
            ["upgrade", "--assumeno"],
            "system",
            after_seed(installed),
            fine=(1,),
            warmup=1,
        ),
        Line("repoquery --whatrequires --recursive, warm", ["repoquery", "--whatrequires", "libc6", "--recursive"], most=1),
        Line(
            "download of the base system (334 packages)",
            ["install", "-y", "--downloadonly", "*"],
            "fetch",
            without_packages,
            runs=3,
        ),
        Line("install of the base system (334 packages)", ["install", "-y", "*"], "fresh", empty, runs=3),
        Line("upgrade of 100", ["upgrade", "-y"], "full", after_seed(with_updates), runs=3),
        Line("remove of 100", ["remove", "-y", "--no-autoremove", *removable], "full", after_seed(copy_of_full), runs=3),
    ]


def machine():
    cpu = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?")
    memory = next(int(line.split()[1]) for line in open("/proc/meminfo") if line.startswith("MemTotal")) // 1048576
    return f"{cpu}, {os.cpu_count()} processors, {memory} GiB of memory, Linux {platform.release()}"


def version(tool):
    lines = subprocess.run([TOOLS[tool], "--version"], capture_output=True, text=True).stdout.splitlines()
    return next((line for line in lines if line.startswith(tool)), lines[0])


@contextlib.contextmanager
def server(log):
    """Serves the loads while the block runs."""
    Path("/tmp/nginx-bench.conf").write_text(NGINX)
    process = subprocess.Popen(["nginx", "-c", "/tmp/nginx-bench.conf", "-g", "daemon off;"], stderr=log)
    try:
        time.sleep(0.5)
        if process.poll() is not None:
            raise SystemExit(f"nginx cannot serve on port {PORT}; see {log.name}")
        yield
    finally:
        process.terminate()
        process.wait()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", action="append", default=[], help="lines whose name contains this")
    parser.add_argument("--runs", type=int)
    parser.add_argument("--log", default="/srv/t/bench.log")
    args = parser.parse_args()
    log = open(args.log, "ab")
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True)
    with server(log):
        for tool in TOOLS:
            new_root(tool, "warm", ["large"])
            quietly(command(tool, "warm", ["makecache"]), log)
            quietly(command(tool, "warm", ["repoquery", "bash"]), log)
        report(args, log)
        shutil.rmtree(WORK, ignore_errors=True)


def report(args, log):
    print("# Benchmarks\n")
    print("Written by `make bench`: the real dnf5 and oxidnf in turn, on one machine, over loopback HTTP, roots on tmpfs.")
    print("Medians of whole processes; ratios are dnf5 / oxidnf, so more than 1 is in favour of oxidnf.\n")
    print(f"- machine: {machine()}")
    print(f"- programs: {version('dnf5')}; {version('oxidnf')}")
    print(f"- date: {time.strftime('%Y-%m-%d')}\n")
    print("| line | dnf5 wall s | oxidnf wall s | dnf5 CPU s | oxidnf CPU s | dnf5 MB | oxidnf MB | wall | CPU | memory |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for line in lines(log):
        if args.only and not any(part in line.name for part in args.only):
            continue
        samples = {tool: [] for tool in TOOLS}
        bad = ""
        runs = args.runs or line.runs
        for number in range(-line.warmup, runs):
            for tool in TOOLS:
                if tool == "dnf5" and len(samples[tool]) >= line.most:
                    continue
                if line.setup:
                    line.setup(tool)
                log.write(f"\n### {line.name} / {tool} / {number}\n".encode())
                log.flush()
                sample = run(command(tool, line.root, line.args), log)
                if sample["rc"] not in line.fine:
                    bad += f" **{tool} ended with {sample['rc']}**"
                if number >= 0:
                    samples[tool].append(sample)
        median = {tool: {key: statistics.median(s[key] for s in samples[tool]) for key in ("wall", "cpu", "mb")} for tool in TOOLS}
        real, ours = median["dnf5"], median["oxidnf"]
        ratio = lambda key: f"{real[key] / max(ours[key], 1e-6):.1f}"
        print(
            f"| {line.name}{bad} | {real['wall']:.3f} | {ours['wall']:.3f} | {real['cpu']:.3f} | {ours['cpu']:.3f} "
            f"| {real['mb']:.0f} | {ours['mb']:.0f} | {ratio('wall')} | {ratio('cpu')} | {ratio('mb')} |"
        )
        sys.stdout.flush()


if __name__ == "__main__":
    main()
