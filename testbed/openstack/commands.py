# SPDX-License-Identifier: Apache-2.0
"""Runs the outside programs the testbed needs, their output in a log file."""

import os
import subprocess

from testbed.errors import TestbedError

KEPT = ("PATH", "LANG", "TMPDIR", "TERM")


def clean_environment(**more):
    """An environment without the caller's Python, OpenStack and proxy settings.

    The services talk to 127.0.0.1 only, and a stray PYTHONPATH, OS_* or http_proxy
    would change what they do.
    """
    env = {k: os.environ[k] for k in KEPT if k in os.environ}
    path = env.get("PATH", "/usr/bin:/bin")
    return {
        **env,
        "PATH": f"{path}:/usr/sbin:/sbin",
        "PYTHONNOUSERSITE": "1",
        "PYTHONWARNINGS": "ignore",
        **more,
    }


def run(argv, log, what, env=None, error=TestbedError, cwd=None, hint=None):
    """Runs a program; `what` and `hint` tell of its failure, `log` what it printed."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with open(log, "ab") as out:
        try:
            code = subprocess.run(
                [str(a) for a in argv],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                env=env,
                cwd=cwd,
                check=False,
            ).returncode
        except OSError as e:
            raise error(f"{what}: cannot run {argv[0]}: {e.strerror}", log) from e
    if code:
        reason = f"{what} failed with exit code {code}"
        raise error(f"{reason} ({hint})" if hint else reason, log)


def available(program):
    """The full path of a program, also from the administrator's directories."""
    for place in clean_environment()["PATH"].split(":"):
        path = os.path.join(place, program)
        if os.access(path, os.X_OK):
            return path
    return None
