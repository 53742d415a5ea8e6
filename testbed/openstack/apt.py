# SPDX-License-Identifier: Apache-2.0
"""Installs Debian packages: only the missing ones, never two apt at a time."""

import os
import pathlib
import subprocess
import time

from testbed.errors import MissingError
from testbed.openstack import commands, locks

# held by every testbed on this machine while it runs apt; apt itself does not care
SHARED_LOCK = pathlib.Path("/var/lib/apt")
LOCK_TIMEOUT = 900
BUSY = "could not get lock"


def missing(packages):
    """Those of the packages that are not installed."""
    done = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Package} ${db:Status-Status}\n", *packages],
        capture_output=True,
        text=True,
        check=False,
    )
    there = {
        line.split()[0]
        for line in done.stdout.splitlines()
        if line.endswith(" installed")
    }
    return [p for p in packages if p not in there]


def install(packages, log, progress):
    """Installs packages, as root, and tells in one line if it cannot be done."""
    if os.geteuid() != 0:
        raise MissingError(
            f"root is needed to install Debian packages: {' '.join(packages)}"
        )
    with locks.alone(SHARED_LOCK, progress, "apt"):
        _update(log)
        _apt(log, "install", "--yes", "--no-install-recommends", *packages)


def download(packages, directory, log, progress):
    """Fetches packages without installing them."""
    directory.mkdir(parents=True, exist_ok=True)
    if os.geteuid() != 0:
        _apt(log, "download", *packages, cwd=directory)
        return
    with locks.alone(SHARED_LOCK, progress, "apt"):
        _update(log)
        # as root throughout: apt's own user may not write to our directory
        _apt(log, "-oAPT::Sandbox::User=root", "download", *packages, cwd=directory)


def _update(log, clock=time.monotonic, sleep=time.sleep):
    """apt waits for the lock of dpkg by itself, but not for that of the lists.

    Any other failure is passed over: one broken source does not make the packages
    we need unavailable, and if they are, installing them says so.
    """
    end = clock() + LOCK_TIMEOUT
    while clock() < end:
        begun = log.stat().st_size if log.exists() else 0
        try:
            return _apt(log, "update")
        except MissingError:
            if BUSY not in log.read_bytes()[begun:].decode(errors="replace").lower():
                return None
            sleep(2)
    raise MissingError(f"another program has held apt's lock for {LOCK_TIMEOUT} s", log)


def _apt(log, *arguments, cwd=None):
    commands.run(
        ["apt-get", "--quiet", f"-oDPkg::Lock::Timeout={LOCK_TIMEOUT}", *arguments],
        log,
        f"apt-get {' '.join(a for a in arguments if a[0] != '-')}",
        hint="is there a network?",
        env=commands.clean_environment(DEBIAN_FRONTEND="noninteractive", **_proxies()),
        error=MissingError,
        cwd=cwd,
    )


def _proxies():
    names = ("http_proxy", "https_proxy", "no_proxy")
    wanted = [*names, *(n.upper() for n in names)]
    return {n: os.environ[n] for n in wanted if n in os.environ}
