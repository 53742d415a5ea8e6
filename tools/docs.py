# SPDX-License-Identifier: Apache-2.0
"""The parts of the documentation that the code itself says.

Each function returns reStructuredText.  ``tools/docs_sphinx.py`` puts it into
the page that asks for it, while the pages are built, so it is never out of date.
``python -m tools.docs NAME`` prints one.
"""

from __future__ import annotations

import argparse
import inspect
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from types import ModuleType

import sqlalchemy

from pumphouse import exceptions
from pumphouse.conf import reference
from pumphouse.plan import decisions
from pumphouse.resources.base import ResourceType
from pumphouse.resources.fields import Field
from pumphouse.resources.registry import resource_types
from pumphouse.store import tables
from testbed import cli as testbed_cli
from testbed.openstack import faults
from testbed.simulator import control
from testbed.simulator import faults as simulated_faults

# What an operator (or a script) makes of each exit code.
EXIT_CODES = {
    "EXIT_OK": "Done. Also: there was nothing to do, as all had been done before.",
    "EXIT_BUG": "A fault of Pumphouse itself. Run the command again with ``--debug`` "
    "and report what it prints.",
    "EXIT_INPUT": "The command line, ``pumphouse.conf`` or the migration file is "
    "wrong. Also: you answered no when asked whether to go on, there was no terminal "
    "to ask at, or a run of the plan was begun and is to be resumed.",
    "EXIT_BLOCKED": "The plan has blocked nodes, or the destination has changed since "
    "it was drawn up. Nothing was changed. With ``--detailed-exitcode`` also: all went "
    "well but for what the plan leaves out.",
    "EXIT_FAILED": "The run ended and some resources failed. All that did not depend "
    "on them went on. ``pumphouse resume`` retries what failed.",
    "EXIT_DIFFERENT": "``pumphouse verify`` found something that is not as it should "
    "be. Also: a run came to its end, and found what it could not keep and the plan "
    "did not announce.",
    "EXIT_CLOUD": "A cloud or an identity database cannot be reached, does not accept "
    "the credentials, or refused what a command asked for. What is refused of a single "
    "resource in a run is a failure of that, and the run ends with 4.",
    "EXIT_NOT_FOUND": "Nothing has the given name or id, or several things have the "
    "given name.",
    "EXIT_STORE": "Pumphouse's own database cannot be used, or another live process "
    "drives the run.",
    "EXIT_PLANNING": "No plan can be drawn up, though the words are right and the "
    "clouds answer: the resources need each other in a circle.",
    "EXIT_CHANGES": "``plan --detailed-exitcode``: there is something to do.",
    "EXIT_NOT_READY": "``pumphouse check`` found something missing or wrong that would "
    "make a migration fail. Warnings alone end it with 0.",
    "EXIT_SUSPENDED": "Stopped on request (Ctrl-C, SIGTERM). ``pumphouse resume`` "
    "goes on.",
}

ABOUT_TABLES = {
    "plans": "Saved plans. Never changed once written.",
    "runs": "Executions of plans: their state, who drives them, and TaskFlow's "
    "logbook of each.",
    "nodes": "What became of each resource of a run.",
    "bindings": "Which destination resource stands for which source reference.",
    "intents": "The journal: what was announced before it was done, and how it ended.",
    "events": "What happened in a run, in order.",
    "facts": "What was found out about data, by its hash, and need not be looked at "
    "again.",
}


def exit_codes() -> str:
    """All exit codes, with the errors that end a command with each."""
    raised: dict[int, list[str]] = {}
    for error in _errors(exceptions.PumphouseError):
        raised.setdefault(error.exit_code, []).append(f"``{error.__name__}``")
    rows = []
    for name, text in EXIT_CODES.items():
        code = getattr(exceptions, name)
        rows.append((f"``{code}``", text, ", ".join(raised.get(code, ()))))
    return table(("Code", "Meaning", "Errors"), rows, (8, 52, 40))


def _errors(
    root: type[exceptions.PumphouseError],
) -> Iterable[type[exceptions.PumphouseError]]:
    yield root
    for child in root.__subclasses__():
        if child.__module__ == exceptions.__name__:
            yield from _errors(child)


def decision_rules() -> str:
    """The rules by which a node's action is decided, in their order."""
    rules = re.findall(r"^\d+\. (.*?) +-> (.*)$", decisions.__doc__ or "", re.M)
    return "\n".join(f"#. {escaped(when)}: {then}" for when, then in rules)


def resource_type_overview() -> str:
    """One line for each registered type."""
    rows = [
        (
            f":ref:`{kind.name} <type-{kind.name}>`",
            kind.service,
            "workload" if kind.workload else "meta-resource",
            _first_sentence(kind),
        )
        for kind in _types()
    ]
    return table(("Type", "Service", "Kind", "What it is"), rows, (22, 13, 15, 50))


def resource_types_in_full() -> str:
    """A section for each registered type, with the fate of every field."""
    return "\n".join(_one_type(kind) for kind in _types())


def _types() -> list[ResourceType]:
    # plug-ins that happen to be installed are not part of this documentation
    mine = (k for k in resource_types().values() if _is_ours(k))
    return sorted(mine, key=lambda kind: (kind.service, kind.name))


def _is_ours(kind: ResourceType) -> bool:
    return type(kind).__module__.startswith("pumphouse.")


def _first_sentence(kind: ResourceType) -> str:
    text = (inspect.getdoc(type(kind)) or "").partition("\n\n")[0]
    return " ".join(text.split()).partition(".  ")[0].rstrip(".") + "."


def _one_type(kind: ResourceType) -> str:
    lines = [
        f".. _type-{kind.name}:",
        "",
        kind.name,
        "-" * len(kind.name),
        "",
        _outside_code(inspect.getdoc(type(kind)) or ""),
        "",
        f":Service: {kind.service}, ``{kind.path}``",
        f":Recognised by: {_key(kind)}",
        "",
        table(
            ("Field", "Fate", "Notes"),
            [_field(field) for field in kind.fields],
            (30, 15, 55),
        ),
    ]
    return "\n".join(lines)


def _key(kind: ResourceType) -> str:
    """What makes it the same thing on both clouds."""
    own = type(kind).__dict__.get("key")
    if own is not None and own.__doc__:
        return _outside_code(" ".join(inspect.cleandoc(own.__doc__).split()))
    owner = f", within its ``{kind.project_field}``" if kind.project_field else ""
    return ", ".join(f"``{name}``" for name in kind.natural_key if name) + owner


def _outside_code(text: str) -> str:
    """Docstrings say "  " after a full stop; a page does not."""
    return re.sub(r"\.  +", ". ", text)


def _field(field: Field) -> tuple[str, str, str]:
    notes = []
    if field.option:
        notes.append(f"with ``{field.option}``")
    if field.refs:
        notes.append("refers to " + ", ".join(sorted(set(field.refs.values()))))
    if field.why:
        notes.append(field.why)
    if field.secret:
        notes.append("secret: only whether there is one is ever kept")
    return (f"``{field.path}``", field.fate.value, escaped("; ".join(notes)))


def database() -> str:
    """The tables of Pumphouse's own database."""
    found = []
    for name, about in ABOUT_TABLES.items():
        one = tables.metadata.tables[name]
        rows = [(f"``{c.name}``", _sql_type(c), _flags(c)) for c in one.columns]
        found += [name, "~" * len(name), "", about, ""]
        found.append(table(("Column", "Type", ""), rows, (30, 30, 40)))
    return "\n".join(found)


def _sql_type(column: sqlalchemy.Column[object]) -> str:
    return str(column.type).lower()


def _flags(column: sqlalchemy.Column[object]) -> str:
    flags = ["primary key"] if column.primary_key else []
    flags += ["unique"] if column.unique else []
    flags += [f"refers to {key.target_fullname}" for key in column.foreign_keys]
    flags += ["may be null"] if column.nullable else []
    return ", ".join(flags)


def testbed_commands() -> str:
    """The verbs of ``testbed`` with their options."""
    found = []
    for verb, text, parser in testbed_verbs():
        found += [f"``python -m testbed {verb}``", f"    {escaped(text)}.", ""]
        for action in parser._get_optional_actions():
            if "--help" not in action.option_strings:
                found += [f"    {_option(action)}", ""]
    return "\n".join(found)


def testbed_verbs() -> list[tuple[str, str, argparse.ArgumentParser]]:
    """(verb, what it does, its parser), in the order of its help."""
    parser = testbed_cli.build_parser()
    verbs = next(a for a in parser._actions if a.dest == "verb")
    texts = {each.dest: each.help for each in verbs._choices_actions}
    return [(name, texts[name], one) for name, one in verbs.choices.items()]


def _option(action: argparse.Action) -> str:
    shown = f"``{'``, ``'.join(action.option_strings)}"
    if action.nargs != 0:
        shown += f" {action.metavar or action.dest.upper()}"
    return f"{shown}``: {escaped(action.help or '')}"


def testbed_variables() -> str:
    """The environment variables that ``testbed`` reads."""
    rows = [
        (f"``{name}``", escaped(text))
        for name, text in re.findall(
            r"^  (TESTBED_\w+) +(.*)$", testbed_cli.ENVIRONMENT, re.M
        )
    ]
    return table(("Variable", "Meaning (and default)"), rows, (35, 65))


def testbed_faults() -> str:
    """The keys of a fault rule of the testbed."""
    _, _, keys = (faults.__doc__ or "").partition("\n\n")
    lines = inspect.cleandoc(keys).splitlines()
    return "\n".join([".. code-block:: text", "", *(f"   {line}" for line in lines)])


def simulator_control() -> str:
    """The simulated clouds' own API."""
    return _below_the_title(control)


def simulator_faults() -> str:
    """The kinds of faults of the simulated clouds."""
    return _below_the_title(simulated_faults)


def _below_the_title(module: ModuleType) -> str:
    """A module's docstring without its first paragraph."""
    return inspect.cleandoc((module.__doc__ or "").partition("\n\n")[2])


def table(
    head: Sequence[str], rows: Iterable[Sequence[str]], widths: Sequence[int]
) -> str:
    """A list-table."""
    lines = [
        ".. list-table::",
        "   :header-rows: 1",
        f"   :widths: {' '.join(map(str, widths))}",
        "",
    ]
    for row in (head, *rows):
        for number, cell in enumerate(row):
            lines.append(f"   {'* -' if number == 0 else '  -'} {cell}".rstrip())
    return "\n".join([*lines, ""])


def escaped(text: str) -> str:
    """*text* without what reStructuredText would take for markup, code aside."""
    parts = re.split(r"(``.*?``)", text)
    return "".join(
        p if p.startswith("``") else re.sub(r"([*`_|\\])", r"\\\1", p) for p in parts
    )


GENERATORS: dict[str, Callable[[], str]] = {
    "exit-codes": exit_codes,
    "migration-file": reference.migration_file_rst,
    "pumphouse-conf": reference.pumphouse_conf_rst,
    "decisions": decision_rules,
    "resource-type-overview": resource_type_overview,
    "resource-types": resource_types_in_full,
    "database": database,
    "testbed-commands": testbed_commands,
    "testbed-variables": testbed_variables,
    "testbed-faults": testbed_faults,
    "simulator-control": simulator_control,
    "simulator-faults": simulator_faults,
}

if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in GENERATORS:
        sys.exit(f"usage: python -m tools.docs {'|'.join(GENERATORS)}")
    sys.stdout.write(GENERATORS[sys.argv[1]]())
