# SPDX-License-Identifier: Apache-2.0
"""``make demo``: a project moves between two real clouds, through a crash.

Seeds a tenant on the old cloud, shows the plan, starts the migration, kills it
with SIGKILL half-way, resumes it, verifies, lets every user log in with the old
password.  Then a second tenant, in which everything is crooked, goes as far as it
can: what cannot be carried is left out, what cannot be kept is announced.  It ends
with two lines:

    crooked: N migrated, N left out, N announced, 0 differences
    demo: N resources migrated, N verified, 0 differences
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import openstack
import yaml
from keystoneauth1 import exceptions as keystone_exceptions
from keystoneauth1 import session
from keystoneauth1.identity import v3

ROOT = Path(__file__).resolve().parent.parent
HOME = Path(os.environ.get("TESTBED_HOME", ROOT / "build" / "testbed"))
WORK = ROOT / "build" / "demo"
BIN = Path(sys.executable).parent
TESTBED = (sys.executable, "-m", "testbed")
# Killed when this much of the run is done: with servers, images and all under way.
KILL_AT = 0.5


def main() -> int:
    began = time.monotonic()
    say("two real clouds: OpenStack Zed (source) and 2026.2 (destination)")
    check([*TESTBED, "install"])
    check([*TESTBED, "up"])
    say("a tenant on the source")
    check([*TESTBED, "reset"])
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True)
    path = WORK / "credentials.json"
    check([*TESTBED, "seed", "--credentials", path])
    credentials = json.loads(path.read_text())
    project = next(iter(credentials.values()))["project"]
    write_migration_file()

    say(f"the plan: pumphouse plan project {project}")
    check(
        pumphouse(
            "plan",
            "project",
            project,
            "-c",
            "Action",
            "-c",
            "Type",
            "-c",
            "Name",
            "-c",
            "Reason",
            "--max-width",
            "110",
            "--dot",
            WORK / "plan.dot",
        )
    )
    plan = json.loads(output(pumphouse("plan", "list", "-f", "json")))[0]

    say(f"the migration, killed half-way: pumphouse apply {plan['ID'][:8]}")
    kill_half_way(pumphouse("apply", plan["ID"]))
    check(
        pumphouse(
            "run", "list", "-c", "ID", "-c", "State", "-c", "Done", "-c", "Pending"
        )
    )

    say("pumphouse resume")
    check(pumphouse("resume"))

    say("pumphouse verify")
    verdict = subprocess.run(
        pumphouse("verify"), cwd=ROOT, text=True, capture_output=True, env=environment()
    )
    sys.stdout.write(verdict.stdout + verdict.stderr)
    found = re.search(r"(\d+) verified, (\d+) differences", verdict.stderr)
    if verdict.returncode or found is None:
        return fail("the verification did not pass")
    run = json.loads(output(pumphouse("run", "list", "-f", "json")))[0]
    refused = log_in(credentials)
    if refused:
        return fail(f"cannot log in on the destination: {', '.join(refused)}")
    running = still_running(project)
    if running:
        return fail(f"still running on the source: {', '.join(running)}")

    crooked = migrate_crooked()
    if crooked is None:
        return fail("the crooked tenant did not go as its plan said")

    say(f"done in {time.monotonic() - began:.0f} s. The clouds stay up; look around:")
    print(f"    export OS_CLIENT_CONFIG_FILE={HOME / 'run' / 'clouds.yaml'}")
    print(f"    export PUMPHOUSE_MIGRATION={WORK / 'migration.yaml'}")
    print(f"    export PUMPHOUSE_DATABASE={database()}")
    print(f"    {BIN / 'pumphouse'} run show       (binding list, plan show ...)")
    print("    make down                       stops them; what is installed stays")
    print(crooked)
    print(
        f"demo: {run['Done']} resources migrated, {found[1]} verified, "
        f"{found[2]} differences"
    )
    return 0


def migrate_crooked() -> str | None:
    """The line that sums up the second tenant; None: it went wrong."""
    say("a tenant in which nothing is straight: testbed seed --crooked")
    check([*TESTBED, "seed", "--crooked"])
    began = time.monotonic()
    project = "acme-crooked"
    say(f"pumphouse plan project {project} --without-blocked")
    plan_only = pumphouse("plan", "project", project, "--without-blocked")
    drawn_up = subprocess.run(
        [*plan_only, "-c", "Action", "-c", "Type", "-c", "Name"],
        cwd=ROOT,
        text=True,
        stderr=subprocess.PIPE,
        env=environment(),
    )
    sys.stdout.write(drawn_up.stderr)
    if drawn_up.returncode:
        return None
    plan = json.loads(output(pumphouse("plan", "list", "-f", "json")))[0]["ID"][:8]
    say(f"pumphouse apply {plan} --without-blocked")
    check(pumphouse("apply", plan, "--without-blocked"))
    say("pumphouse verify")
    verdict = subprocess.run(
        pumphouse("verify", "-f", "json"),
        cwd=ROOT,
        text=True,
        capture_output=True,
        env=environment(),
    )
    sys.stdout.write(verdict.stderr)
    rows = json.loads(verdict.stdout or "[]")
    results = Counter(row["Result"] for row in rows)
    left_out = results.pop("left out", 0)
    # What stays behind as a whole is a note of the plan; of what arrives, fields.
    announced = drawn_up.stderr.count("\nnote: ") + results.pop("as announced", 0)
    for row in rows:
        if row["Result"] in results:
            print(f"{row['Result']}: {row['Type']} {row['Name']}: {row['Field']}")
    run = json.loads(output(pumphouse("run", "list", "-f", "json")))[0]
    print(f"planned, migrated and verified in {time.monotonic() - began:.0f} s")
    if verdict.returncode or results or not left_out or not announced:
        return None
    return (
        f"crooked: {run['Done']} migrated, {left_out} left out, {announced} announced, "
        "0 differences"
    )


def say(text: str) -> None:
    print(f"\n== {text}", flush=True)


def fail(text: str) -> int:
    print(f"demo: FAILED: {text}", flush=True)
    return 1


def database() -> str:
    return f"sqlite:///{WORK / 'pumphouse.db'}"


def environment() -> dict[str, str]:
    return {
        **os.environ,
        "OS_CLIENT_CONFIG_FILE": str(HOME / "run" / "clouds.yaml"),
        "PUMPHOUSE_MIGRATION": str(WORK / "migration.yaml"),
        "PUMPHOUSE_DATABASE": database(),
    }


def pumphouse(*arguments: Any) -> list[str]:
    return [str(BIN / "pumphouse"), *map(str, arguments)]


def check(command: list[Any]) -> None:
    """Run a command as an operator would; end the demo if it fails."""
    status = subprocess.run(
        list(map(str, command)), cwd=ROOT, env=environment(), check=False
    ).returncode
    if status:
        name = " ".join([Path(str(command[0])).name, *map(str, command[1:])])
        print(f"demo: FAILED: '{name}' ended with exit code {status}")
        raise SystemExit(1)


def output(command: list[str]) -> str:
    return subprocess.run(
        command,
        cwd=ROOT,
        env=environment(),
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout


def write_migration_file() -> None:
    about = json.loads((HOME / "run" / "testbed.json").read_text())
    document = {
        side: {
            "cloud": side,
            "identity_database": about[side]["keystone_database"],
        }
        for side in ("source", "destination")
    }
    path = WORK / "migration.yaml"
    path.touch(mode=0o600)
    path.write_text(yaml.safe_dump(document, sort_keys=False))


def kill_half_way(command: list[str]) -> None:
    """Start the run and kill it with SIGKILL when half of it is done."""
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment(), stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    for line in process.stderr:
        sys.stdout.write(line)
        sys.stdout.flush()
        progress = re.search(r" (\d+)/(\d+) ", line)
        if progress and int(progress[1]) >= KILL_AT * int(progress[2]):
            os.kill(process.pid, signal.SIGKILL)
            break
    process.stderr.close()
    if process.wait() == -signal.SIGKILL:
        print("== killed with SIGKILL", flush=True)
        return
    print(f"demo: FAILED: apply ended with {process.returncode} before it was killed")
    raise SystemExit(1)


def log_in(credentials: dict[str, dict[str, str]]) -> list[str]:
    """Users for whom the old password does not do what it did on the source."""
    os.environ.update(environment())
    here = openstack.connect(cloud="source").identity
    there = openstack.connect(cloud="destination")
    auth_url = there.config.config["auth"]["auth_url"]
    arrived = {user.name for user in there.identity.users()}
    enabled = {user.name: user.is_enabled for user in here.users()}
    refused, tried = [], 0
    for name in sorted(arrived & set(credentials)):
        plugin = v3.Password(
            auth_url=auth_url,
            username=name,
            password=credentials[name]["password"],
            user_domain_id="default",
            unscoped=True,
        )
        tried += 1
        try:
            plugin.get_token(session.Session())
            allowed = True
        except keystone_exceptions.Unauthorized:
            allowed = False
        if allowed != enabled[name]:
            refused.append(name)
    print(f"{tried} users: old passwords work, who was disabled stays out")
    return refused


def still_running(project_name: str) -> list[str]:
    """Servers of the project that are not shut off and kept on the source."""
    cloud = openstack.connect(cloud="source")
    project = cloud.identity.find_project(project_name)
    servers = list(cloud.compute.servers(all_projects=True, project_id=project.id))
    for server in servers:
        locked = "locked" if server.is_locked else "not locked"
        print(f"source server {server.name}: {server.status}, {locked}")
    return [s.name for s in servers if s.status != "SHUTOFF"]


if __name__ == "__main__":
    sys.exit(main())
