# SPDX-License-Identifier: Apache-2.0
"""The command `python -m testbed`: parses, calls, tells errors in one line.

Exit codes: 0 done; 1 something went wrong; 2 this machine lacks something, or the
command line is wrong; 3 `status`: not (wholly) up; 130 interrupted.
"""

import argparse
import logging
import os
import pathlib
import sys
import traceback

from testbed.errors import MissingError, TestbedError
from testbed.openstack import install, lifecycle, locks, prepare, status
from testbed.openstack.layout import CLOUDS, Layout
from testbed.openstack.progress import Progress

ENVIRONMENT = """environment:
  TESTBED_HOME         everything of this testbed (<checkout>/build/testbed)
  TESTBED_CACHE        what installing fetched; can be shared (TESTBED_HOME/cache)
  TESTBED_PORT         first of 200 ports on 127.0.0.1 (20000)
  TESTBED_SOURCE       release of the source cloud: zed or 2026.2 (zed)
  TESTBED_DESTINATION  release of the destination cloud (2026.2)
  TESTBED_COMPUTES     compute hosts in each cloud (2)
  TESTBED_UNBINDABLE_HOSTS  compute hosts that refuse ports, with commas (none)
"""


def build_parser():
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m testbed",
        description="Two real OpenStack clouds on this machine.",
        epilog=ENVIRONMENT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    verbs.add_parser("install", help="Debian packages and a virtual environment")
    verb = verbs.add_parser("prepare", help="databases, users, endpoints; once")
    verb.add_argument("--again", action="store_true", help="even if it was done")
    verb = verbs.add_parser("up", help="start both clouds; prepares them if need be")
    _simulated_options(verb)
    verb = verbs.add_parser("down", help="end all processes and drop the state")
    verb.add_argument("--keep", action="store_true", help="keep the state for `up`")
    verbs.add_parser("status", help="what runs, memory, ready or not")
    verb = verbs.add_parser("seed", help="make realistic tenants in a cloud")
    verb.add_argument("--cloud", default="source", help="which cloud (source)")
    verb.add_argument("--seed", type=int, default=1, help="decides everything (1)")
    verb.add_argument("--prefix", default="acme", help="begins all names (acme)")
    verb.add_argument("--projects", type=_count(1, 1000), default=1, help="(1)")
    verb.add_argument(
        "--servers", type=_count(0, 900), default=3, help="in each project (3)"
    )
    verb.add_argument(
        "--volumes", type=_count(0, 900), default=0, help="in each project (0)"
    )
    verb.add_argument(
        "--image-size", type=_count(1, 1024), default=4, help="MiB each (4)"
    )
    verb.add_argument(
        "--credentials",
        type=pathlib.Path,
        metavar="FILE",
        help="write the users' passwords to this file",
    )
    verb.add_argument(
        "--crooked",
        action="store_true",
        help="instead the tenant PREFIX-crooked, with all that goes wrong elsewhere",
    )
    verb = verbs.add_parser("reset", help="remove what seed made, in both clouds")
    verb.add_argument("--prefix", default="acme", help="begins all names (acme)")
    return parser


def _simulated_options(verb):
    """What there is to say of simulated clouds."""
    verb.add_argument(
        "--simulated", action="store_true", help="simulated ones, in memory"
    )
    more = verb.add_argument_group("with --simulated")
    more.add_argument("--computes", type=_count(1, 1000), default=2, help="hosts (2)")
    more.add_argument(
        "--projects", type=_count(0, 1000), default=0, help="tenants, at once (0)"
    )
    more.add_argument(
        "--servers", type=_count(0, 2000), default=3, help="in each project (3)"
    )
    more.add_argument(
        "--latency", type=_count(0, 60000), default=0, help="ms an answer takes (0)"
    )
    more.add_argument("--build", type=float, default=0.5, help="s to ACTIVE (0.5)")
    more.add_argument("--unlimited", action="store_true", help="no quotas by default")


def _up_simulated(args, layout, progress):
    from testbed.simulator import lifecycle as simulator
    from testbed.simulator.settings import Settings

    settings = Settings(
        hosts=args.computes,
        latency={"default": args.latency / 1000},
        build=args.build,
        unlimited=args.unlimited,
    )
    seed = {"projects": args.projects, "servers": args.servers}
    simulator.up(layout, progress, settings, seed if args.projects else {})


def _count(low, high):
    def parse(text):
        if not text.isdecimal() or not low <= int(text) <= high:
            raise argparse.ArgumentTypeError(f"from {low} to {high}, not {text}")
        return int(text)

    return parse


def run(args, layout, progress):
    """Carries out one verb; returns the exit code."""
    if args.verb == "status":
        from testbed.simulator import lifecycle as simulator

        if simulator.simulated(layout):
            return simulator.status(layout, progress)
        return status.status(layout, progress)
    if args.verb in ("seed", "reset"):
        return _tenants(args, layout, progress)
    if args.verb == "install":
        install.install(layout, progress)
        return 0
    if args.verb == "down" and not layout.home.is_dir():
        progress.say("already down")
        return 0
    layout.home.mkdir(parents=True, exist_ok=True)
    with locks.alone(layout.home, progress, "this testbed"):
        progress.begin()
        if args.verb == "down":
            lifecycle.down(layout, progress, keep=args.keep)
        elif args.verb == "up" and args.simulated:
            _up_simulated(args, layout, progress)
        elif args.verb == "up":
            lifecycle.up(layout, progress)
        elif args.again or prepare.stale(layout):
            prepare.prepare(layout, progress)
        else:
            progress.say("already prepared")
    return 0


def _tenants(args, layout, progress):
    """seed and reset, on the running testbed or on OS_CLIENT_CONFIG_FILE's clouds."""
    try:
        import openstack  # noqa: F401
    except ImportError as e:
        raise MissingError("openstacksdk is not installed: install Pumphouse") from e
    # one line for a cloud that does not answer, not the library's three
    for name in ("keystoneauth", "openstack"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    from testbed.openstack.seed import apply, plan, reset, rest
    from testbed.openstack.seed.crooked import apply as crooked

    if "OS_CLIENT_CONFIG_FILE" not in os.environ:
        if not layout.clouds_yaml.exists():
            raise TestbedError("the testbed is down: `python -m testbed up` first")
        os.environ["OS_CLIENT_CONFIG_FILE"] = str(layout.clouds_yaml)
    if args.verb == "reset":
        for name in CLOUDS:
            reset.reset(rest.Cloud(name), args.prefix, progress)
        progress.say(f"reset in {progress.elapsed():.1f} s")
        return 0
    others = [rest.Cloud(name) for name in CLOUDS if name != args.cloud]
    if args.crooked:
        here = rest.Cloud(args.cloud)
        accounts = crooked.seed(here, others[0], progress, args.prefix, args.seed)
        if args.credentials:
            apply.write_accounts(accounts, args.credentials, progress)
        return 0
    made = plan.make(
        seed=args.seed,
        prefix=args.prefix,
        projects=args.projects,
        servers=args.servers,
        volumes=args.volumes,
        image_size=args.image_size,
    )
    apply.seed(made, rest.Cloud(args.cloud), others, progress, args.credentials)
    return 0


def main(argv=None):
    """The console command."""
    args = build_parser().parse_args(argv)
    layout = None
    try:
        layout = Layout.from_environment()
        with layout.reachable():
            return run(args, layout, Progress(shown=layout.shown))
    except TestbedError as e:
        line = layout.shown(e.line()) if layout else e.line()
        print(f"testbed: {line}", file=sys.stderr)
        return e.exit_code
    except KeyboardInterrupt:
        print(
            "testbed: interrupted; `python -m testbed down` tidies up", file=sys.stderr
        )
        return 130
    except OSError as e:
        print(f"testbed: {e}", file=sys.stderr)
        return 1
    except Exception as e:  # noqa: BLE001 - a person gets one line, the file the rest
        log = _traceback(layout)
        print(f"testbed: unexpected {type(e).__name__}; see {log}", file=sys.stderr)
        return 1


def _traceback(layout):
    home = layout.shown(str(layout.home)) if layout else "."
    log = pathlib.Path(home) / "error.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text(traceback.format_exc())
    return log
