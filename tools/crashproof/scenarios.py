# SPDX-License-Identifier: Apache-2.0
"""What is begun and killed, and how an operator goes on."""

from __future__ import annotations

import re
from collections.abc import Callable

from pumphouse.exceptions import EXIT_BLOCKED
from tools.crashproof import tenant
from tools.crashproof.sweep import Scenario, Unfinished
from tools.crashproof.world import PASSWORD, Ended, World

Words = tuple[str, ...]
PLAN = ("plan", "project", tenant.PROJECT)


def must(world: World, *words: str) -> Ended:
    """A command that has to succeed.

    :raises Unfinished: it did not
    """
    ended = world.pumphouse(*words)
    if ended.code:
        raise Unfinished(f"{words}: {ended.code}\n{ended.said}")
    return ended


def newest(world: World, table: str) -> str:
    """The id of the newest plan or run; "" if there is none."""
    rows = world.rows(f"select id from {table} order by number desc limit 1")
    return str(rows[0][0]) if rows else ""


def resumed(world: World, ended: Ended) -> Words | None:
    """An operator resumes the newest run until it has succeeded."""
    if not ended.code:
        return None
    plan = newest(world, "plans")
    if not world.rows(f"select 1 from runs where plan_id = '{plan}'"):
        return apply(world)  # killed before there was a run
    return ("resume",)


def of_tenant(world: World, servers: tuple[str, ...] = tenant.SERVERS) -> None:
    """A world with the tenant and Pumphouse's tables."""
    tenant.make(world.urls["source"], PASSWORD, servers)


def planned(world: World) -> None:
    """A plan of the whole project, in which something may be blocked.

    :raises Unfinished: there is none
    """
    ended = world.pumphouse(*PLAN)
    if ended.code not in (0, EXIT_BLOCKED):
        raise Unfinished(f"{PLAN}: {ended.code}\n{ended.said}")


def apply(world: World) -> Words:
    """How the newest plan is carried out."""
    return ("apply", newest(world, "plans"), "--without-blocked")


def project(world: World) -> list[Words]:
    """The whole project, from a saved plan."""
    of_tenant(world)
    planned(world)
    world.keep("start")
    return [apply(world)]


def server(name: str) -> Callable[[World], list[Words]]:
    """One server; what it shares with another is there already."""

    def begin(world: World) -> list[Words]:
        other = f"{name}2"
        of_tenant(world, (name, other))
        must(world, "migrate", "server", other, "--yes")
        must(world, "plan", "server", name)
        world.keep("start")
        return [apply(world)]

    return begin


def doomed(name: str) -> Callable[[World], list[Words]]:
    """One server whose first try goes to ERROR on the destination."""

    def begin(world: World) -> list[Words]:
        return [*server(name)(world), ("resume",)]

    return begin


def under(
    options: str, begin: Callable[[World], list[Words]]
) -> Callable[[World], list[Words]]:
    """What *begin* does, planned with these options, as in the migration file."""

    def begun(world: World) -> list[Words]:
        file = world.folder / "migration.yaml"
        text = file.read_text()
        file.write_text(f"{text}options: {{{options}}}\n")
        try:
            return begin(world)  # a plan keeps its options
        finally:
            file.write_text(text)

    return begun


def goes_to_error(world: World) -> None:
    """The next server that is created on the destination does."""
    rule = {"kind": "error", "method": "POST", "path": "/servers$", "times": 1}
    world.clouds["destination"].ask("POST", "faults", rule)


def rollback(*servers: str) -> Callable[[World], list[Words]]:
    """Everything that a whole project brought is taken back."""

    def begin(world: World) -> list[Words]:
        of_tenant(world, servers)
        planned(world)
        must(world, *apply(world))
        world.keep("start")
        return [("rollback", newest(world, "runs"), "--yes")]

    return begin


def rolled_back(world: World, ended: Ended) -> Words | None:
    """An operator resumes the rollback, or says it again if there is none yet."""
    if not ended.code:
        return None
    run, kind = world.rows("select id, kind from runs order by number desc limit 1")[0]
    if kind == "rollback":
        begun = world.rows(f"select 1 from events where run_id = '{run}'")
        if begun:
            return ("resume",)
    query = "select id from runs where kind = 'migrate' order by number desc"
    return ("rollback", str(world.rows(query)[0][0]), "--yes")


def left_behind(
    begin: Callable[[World], list[Words]], point: str
) -> Callable[[World], list[Words]]:
    """A run was killed at a point: ``cleanup`` deals with what it left.

    :param point: a regular expression for the first such point
    """

    def begun(world: World) -> list[Words]:
        commands = begin(world)
        passed = must(world, *commands[0]).passed
        at = next(n for n, name in enumerate(passed) if re.search(point, name))
        world.back("start")
        world.pumphouse(*commands[0], kill_at=at + 1)
        world.keep("start")
        return [("cleanup", "--yes"), ("resume",)]

    return begun


def cleaned_up(world: World, ended: Ended) -> Words | None:
    """An operator cleans up, then resumes the run until it has succeeded."""
    if ended.code:
        return ("cleanup", "--yes")
    return None if ended.words[0] == "resume" else ("resume",)


def cleanup(name: str, begin: Callable[[World], list[Words]], point: str) -> Scenario:
    """A scenario of ``left_behind``."""
    return Scenario(f"cleanup-{name}", left_behind(begin, point), cleaned_up)


HELD = ("quiet", "asleep", "held")
AT_REST, LOCKED = "move_paused_servers: true", "move_locked_servers: true"
BOTH = f"{AT_REST}, {LOCKED}"

SCENARIOS = (
    Scenario("project", project, resumed),
    Scenario("server-active", server("web"), resumed),
    Scenario("server-shutoff", server("db"), resumed),
    Scenario("server-disabled-owner", server("old"), resumed),
    Scenario("put-back", doomed("web"), resumed, goes_to_error),
    Scenario("put-back-shutoff", doomed("db"), resumed, goes_to_error),
    Scenario("put-back-lent-key", doomed("old"), resumed, goes_to_error),
    Scenario("rollback", rollback("web", "db"), rolled_back),
    Scenario("server-paused", under(AT_REST, server("quiet")), resumed),
    Scenario("server-suspended", under(AT_REST, server("asleep")), resumed),
    Scenario("server-locked", under(LOCKED, server("held")), resumed),
    Scenario(
        "put-back-paused", under(AT_REST, doomed("quiet")), resumed, goes_to_error
    ),
    Scenario("put-back-locked", under(LOCKED, doomed("held")), resumed, goes_to_error),
    Scenario("rollback-paused", under(BOTH, rollback(*HELD)), rolled_back),
    cleanup("suspended", server("web"), "after POST .*/action"),
    cleanup("credential", server("web"), "after POST .*/credentials"),
    cleanup("created", server("web"), "after POST .*/servers$"),
    cleanup("isolated", server("web"), "after PUT .*/ports/"),
    cleanup("isolated-paused", under(AT_REST, server("quiet")), "after PUT .*/ports/"),
    cleanup("created-locked", under(LOCKED, server("held")), "after POST .*/servers$"),
    cleanup("lent-key", server("old"), "after POST .*/os-keypairs"),
    cleanup("upload", project, "a chunk of an image"),
    cleanup("router", project, "after POST .*/routers"),
)
