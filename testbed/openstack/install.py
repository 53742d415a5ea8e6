# SPDX-License-Identifier: Apache-2.0
"""`testbed install`: Debian packages and the virtual environment, once a machine."""

import hashlib
import os
import pathlib
import shutil
import subprocess
import sys

from testbed.errors import MissingError
from testbed.openstack import apt, commands, locks
from testbed.openstack.layout import PACKAGE

# the server's programs without its service: nothing is started by installing them
PACKAGES = ("mariadb-server-core", "mariadb-client", "qemu-utils", "libeatmydata1")
ZED_PACKAGES = (
    "python3-keystone",
    "python3-glance",
    "python3-placement",
    "python3-neutron",
    "python3-cinder",
    "python3-nova",
    "python3-pymysql",
    "python3-cheroot",
    # its C extensions
    "python3-sqlalchemy-ext",
)
# whole, these would set up users and services; only their paste files are wanted
ZED_UNPACKED = ("nova-common", "neutron-common", "glance-common", "cinder-common")
# what requirements.lock was resolved for and what Debian 12 has
PYTHON = "/usr/bin/python3.11"
OS_RELEASE = pathlib.Path("/etc/os-release")


def install(layout, progress):
    """Installs what is missing; a second call finds nothing to do."""
    check_machine(layout)
    layout.cache.mkdir(parents=True, exist_ok=True)
    log = layout.cache / "install.log"
    with locks.alone(layout.cache, progress, "this cache"):
        _debian(layout, progress, log)
        _virtual_environment(layout, progress, log)
    progress.say(f"installed in {progress.elapsed():.1f} s")


def check_machine(layout, os_release=OS_RELEASE):
    """Fails with one clear line on a machine the testbed cannot be installed on."""
    facts = _os_release(os_release)
    family = {facts.get("ID", ""), *facts.get("ID_LIKE", "").split()}
    if not family & {"debian", "ubuntu"} or commands.available("apt-get") is None:
        raise MissingError("the testbed needs Debian or Ubuntu with apt-get")
    zed = [c for c, release in layout.releases.items() if release == "zed"]
    if zed and facts.get("VERSION_CODENAME") != "bookworm":
        raise MissingError(
            f"OpenStack Zed ({', '.join(zed)}) comes with Debian 12 only: set"
            f" TESTBED_{zed[0].upper()}=2026.2"
        )


def check_installed(layout):
    """Fails if `install` has not been run, or for other releases."""
    for program in ("mariadbd", "mariadb-install-db", "qemu-img"):
        if commands.available(program) is None:
            raise MissingError(
                f"{program} is not installed: run `python -m testbed install`"
            )
    if not _up_to_date(layout):
        raise MissingError(
            f"{layout.venv} is missing or out of date: run `python -m testbed install`"
        )
    if "zed" in layout.releases.values() and (
        not layout.zed_share.exists() or apt.missing(ZED_PACKAGES)
    ):
        raise MissingError(
            "OpenStack Zed is not installed: run `python -m testbed install`"
        )


def _os_release(path):
    try:
        lines = path.read_text().splitlines()
    except OSError:
        return {}
    pairs = [line.partition("=") for line in lines]
    return {key: value.strip('"') for key, _, value in pairs}


def _debian(layout, progress, log):
    zed = "zed" in layout.releases.values()
    lacking = apt.missing([*PACKAGES, *(ZED_PACKAGES if zed else ())])
    if lacking:
        with progress.step(f"Debian packages: {' '.join(lacking)}"):
            apt.install(lacking, log, progress)
    if zed and not layout.zed_share.exists():
        with progress.step("files of OpenStack Zed's packages"):
            _unpack(layout, progress, log)


def _unpack(layout, progress, log):
    debs = layout.cache / "debs"
    apt.download(ZED_UNPACKED, debs, log, progress)
    half = layout.zed_share.with_name("zed-share.part")
    shutil.rmtree(half, ignore_errors=True)
    for deb in sorted(debs.glob("*.deb")):
        commands.run(["dpkg-deb", "-x", deb, half], log, f"unpacking {deb.name}")
    half.rename(layout.zed_share)
    shutil.rmtree(debs)


def _virtual_environment(layout, progress, log):
    if _up_to_date(layout):
        return
    uv = _uv(layout, progress, log)
    env = {
        **os.environ,
        "UV_NO_CONFIG": "1",
        "UV_NO_PROGRESS": "1",
        "UV_PYTHON_DOWNLOADS": "never",
    }
    python = layout.venv / "bin" / "python"
    with progress.step("virtual environment with OpenStack 2026.2"):
        if not _works(python):
            shutil.rmtree(layout.venv, ignore_errors=True)
            commands.run(
                [uv, "venv", "--python", interpreter(), layout.venv],
                log,
                "making the virtual environment",
                env=env,
                error=MissingError,
            )
        commands.run(
            [uv, "pip", "sync", "--compile-bytecode", "--python", python, _lock()],
            log,
            "fetching Python packages",
            hint="is there a network?",
            env=env,
            error=MissingError,
        )
        _mark(layout).write_text(_lock_digest())


def interpreter():
    """The Python for the services: the one the lock was made for, if it is here."""
    return PYTHON if os.access(PYTHON, os.X_OK) else sys.executable


def _uv(layout, progress, log):
    """The installer, in a small environment of its own."""
    tools = layout.cache / "tools"
    mark, wanted = tools / "lock.txt", (PACKAGE / "tools.lock").read_text()
    python = tools / "bin" / "python"
    if not (_works(python) and mark.exists() and mark.read_text() == wanted):
        with progress.step("installer"):
            commands.run(
                [sys.executable, "-m", "venv", "--clear", tools],
                log,
                "making a virtual environment",
                hint="is python3-venv installed?",
                error=MissingError,
            )
            commands.run(
                [python, "-m", "pip", "install", "-r", PACKAGE / "tools.lock"],
                log,
                "fetching the installer",
                hint="is there a network?",
                error=MissingError,
            )
            mark.write_text(wanted)
    return tools / "bin" / "uv"


def _works(python):
    if not python.exists():
        return False
    done = subprocess.run([python, "-c", ""], capture_output=True, check=False)
    return done.returncode == 0


def _lock():
    return PACKAGE / "requirements.lock"


def _lock_digest():
    return hashlib.sha256(_lock().read_bytes()).hexdigest()


def _mark(layout):
    return layout.venv / "requirements.sha256"


def _up_to_date(layout):
    mark = _mark(layout)
    return mark.exists() and mark.read_text() == _lock_digest()
