# SPDX-License-Identifier: Apache-2.0
"""The options of pumphouse.conf: how Pumphouse works, on whatever it works.

What is to be migrated, and how, stands in the migration file instead.  There is no
global configuration: :func:`load` returns an object that is handed on.
"""

from __future__ import annotations

import configparser
import difflib
import os
import re
from collections.abc import Sequence
from pathlib import Path

from oslo_config import cfg
from oslo_config.cfg import ConfigOpts
from oslo_log import log

from pumphouse import exceptions
from pumphouse.conf import secrets
from pumphouse.conf.files import check_size
from pumphouse.conf.logs import setup_logging

__all__ = ["list_opts", "load", "setup_logging"]

PROJECT = "pumphouse"
_STATE_HOME = ".local/state"
_OLD_NAMES = ["log_config", "logdir", "logfile"]  # oslo.log takes these, too


def default_database() -> str:
    """The URL of the operator's own SQLite file."""
    state = os.environ.get("XDG_STATE_HOME", "")
    home = Path(state) if state.startswith("/") else Path.home() / _STATE_HOME
    return f"sqlite:///{home / PROJECT / 'pumphouse.db'}"


def _database() -> list[cfg.Opt]:
    return [
        cfg.StrOpt(
            "connection",
            default=default_database(),
            sample_default=f"sqlite:////home/USER/{_STATE_HOME}/pumphouse/pumphouse.db",
            secret=True,
            help="Where plans, runs, bindings and the journal are kept: a file "
            "(sqlite:////PATH) or a PostgreSQL server "
            "(postgresql+psycopg://USER:PASSWORD@HOST/NAME). By default a file below "
            "$XDG_STATE_HOME.",
        ),
        cfg.FloatOpt(
            "lock_timeout",
            default=20.0,
            min=0.1,
            help="Seconds to wait while another process writes.",
        ),
    ]


_ENGINE = [
    cfg.IntOpt(
        "workers",
        default=32,
        min=1,
        max=512,
        help="How many tasks run at once. Each waits for a cloud most of the time.",
    ),
    cfg.IntOpt(
        "waiting",
        default=0,
        min=0,
        max=2048,
        help="How many further tasks may wait until a cloud has suspended, built or "
        "stopped a server. 0: a task keeps its place among the workers while it "
        "waits, so no more servers are on their way at once than there are workers. "
        "More servers at once take less time in all, if the destination can build "
        "that many at once; otherwise each of them is down for longer.",
    ),
    cfg.StrOpt(
        "executor",
        default="threaded",
        choices=[
            ("threaded", "threads of the operating system"),
            ("greenthreaded", "eventlet's green threads; needs eventlet installed"),
        ],
        help="What tasks run on.",
    ),
    cfg.IntOpt(
        "attempts",
        default=3,
        min=1,
        max=100,
        help="How often a task is tried in one run, if its error may go away by "
        "itself: a lost connection, a cloud that answers 503, a server that does "
        "not come up in time. Other errors are permanent.",
    ),
    cfg.FloatOpt(
        "retry_delay",
        default=2.0,
        min=0.0,
        help="Seconds before the second attempt. Each further pause is three times "
        "as long, up to a minute.",
    ),
    cfg.FloatOpt(
        "stop_timeout",
        default=120.0,
        min=0.0,
        help="Seconds that tasks under way get to come to a safe point when a run "
        "is stopped (Ctrl-C, SIGTERM). After that the process ends, as if it were "
        "killed, and says what was under way: 'pumphouse resume' goes on from there.",
    ),
    cfg.FloatOpt(
        "take_over_wait",
        default=15.0,
        min=0.0,
        help="Seconds in which a request may still be under way whose sender was "
        "killed or lost its run. Whoever goes on with the run waits for so long, once, "
        "before it deals with what was announced and not finished. A process that "
        "drives a run asks the database whether the run is still its own before it "
        "sends a request, unless it knew that within a quarter of this time.",
    ),
]

_CLOUD = [
    cfg.IntOpt(
        "requests_in_flight",
        default=16,
        min=1,
        max=512,
        help="How many requests one service of one cloud has to answer at once. "
        "The migration file can say it for each service.",
    ),
    cfg.IntOpt(
        "retries",
        default=5,
        min=0,
        max=100,
        help="How often a request is repeated, where that is safe, after a lost "
        "connection or an answer that says: later (HTTP 429, 502, 503, 504).",
    ),
    cfg.FloatOpt(
        "request_timeout",
        default=60.0,
        min=1.0,
        help="Seconds to wait for a cloud's answer to one request.",
    ),
]

_TRANSFER = [
    cfg.IntOpt(
        "chunk_size",
        default=1024 * 1024,
        min=64 * 1024,
        max=64 * 1024 * 1024,
        help="Bytes that are read, hashed and written at once. A transfer holds a "
        "few of these in memory, whatever the size of the image.",
    ),
]

_SERVER = [
    cfg.FloatOpt(
        "create_timeout",
        default=600.0,
        min=1.0,
        help="Seconds that a server may take on the destination to become ACTIVE.",
    ),
    cfg.FloatOpt(
        "state_timeout",
        default=300.0,
        min=1.0,
        help="Seconds that a server may take to be suspended, resumed or shut off.",
    ),
    cfg.FloatOpt(
        "poll_interval",
        default=3.0,
        min=0.05,
        help="Seconds between two looks at the state of what is waited for, at most: "
        "the first looks come sooner, as most changes are quick.",
    ),
]


def list_opts() -> list[tuple[str, list[cfg.Opt]]]:
    """All options by group, as oslo-config-generator wants them."""
    return [
        ("cloud", _CLOUD),
        ("database", _database()),
        ("engine", _ENGINE),
        ("server", _SERVER),
        ("transfer", _TRANSFER),
    ]


def load(files: Sequence[str] = ()) -> ConfigOpts:
    """The options with the values of *files*.

    :param files: paths of pumphouse.conf files, later ones win; none given means
        the usual places (``~/.pumphouse/``, ``~/``, ``/etc/pumphouse/``, ``/etc/``)
    :raises InputError: a file is missing or malformed, an option is not known, or
        a value is not allowed
    """
    conf = ConfigOpts()
    for group, options in list_opts():
        conf.register_opts(options, group=group)
    log.register_options(conf)
    try:
        for file in files:
            if Path(file).is_file() or Path(file).is_char_device():
                check_size(Path(file))
        conf(args=[], project=PROJECT, default_config_files=list(files) or None)
        for group, options in list_opts():
            for option in options:
                getattr(conf[group], option.dest)
    except cfg.ConfigFilesNotFoundError as error:
        raise exceptions.InputError(
            "cannot be read", resource=", ".join(error.config_files)
        ) from None
    except OSError as error:
        raise exceptions.InputError(
            f"cannot be read: {error.strerror}", resource=str(error.filename)
        ) from None
    except UnicodeDecodeError:
        raise exceptions.InputError(
            "is not text in UTF-8", resource=_not_text(files)
        ) from None
    except cfg.ConfigFileValueError as error:
        raise _wrong_value(str(error)) from None
    except (cfg.Error, ValueError) as error:
        raise exceptions.InputError(
            _one_line(str(error)), resource="pumphouse.conf"
        ) from None
    for file in conf.config_file or []:
        _refuse_unknown(conf, file)
    return conf


def _not_text(files: Sequence[str]) -> str:
    """Which of the files is none, as far as it was said which there are."""
    for file in files:
        try:
            Path(file).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            return file
        except OSError:
            continue
    return "pumphouse.conf"


def _wrong_value(said: str) -> exceptions.InputError:
    """oslo.config's error without the names of its classes."""
    found = re.match(
        r"Value for option (\S+) from .*detail='(.*)'\) is not valid: (.*)",
        said,
        re.DOTALL,
    )
    if not found:
        return exceptions.InputError(_one_line(said), resource="pumphouse.conf")
    option, file, why = found.groups()
    why = re.sub(r"invalid literal for int\(\) with base 10: ", "not a number: ", why)
    why = re.sub(r"could not convert string to float: ", "not a number: ", why)
    return exceptions.InputError(_one_line(why), resource=f"{file}: {option}")


def _refuse_unknown(conf: ConfigOpts, file: str) -> None:
    """A misspelt option would be ignored without a word."""
    parser = configparser.RawConfigParser(strict=False, default_section="")
    try:
        parser.read(file)
    except configparser.Error:
        return  # oslo.config is more lenient, and has read it
    known = _known(conf)
    for section in parser.sections():
        if section not in known:
            raise _unknown(file, "section", section, known)
        for option in parser.options(section):
            if option.replace("-", "_") not in known[section]:
                raise _unknown(file, f"option of [{section}]", option, known[section])


def _known(conf: ConfigOpts) -> dict[str, list[str]]:
    known = {"DEFAULT": [*conf, *_OLD_NAMES]}
    for group, options in list_opts():
        known["DEFAULT"].remove(group)
        known[group] = [option.dest for option in options]
    return known


def _unknown(
    file: str, what: str, name: str, known: Sequence[str] | dict[str, list[str]]
) -> exceptions.InputError:
    close = difflib.get_close_matches(name, list(known), n=1)
    hint = f"Did you mean {close[0]}?" if close else "See pumphouse.conf.sample"
    return exceptions.InputError(f"unknown {what}: {name}", resource=file, hint=hint)


def _one_line(text: str) -> str:
    return " ".join(secrets.mask(text).split())
