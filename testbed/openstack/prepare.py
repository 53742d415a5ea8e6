# SPDX-License-Identifier: Apache-2.0
"""`python -m testbed prepare`: databases with schemas, users and endpoints, made once.

It works in the place where the clouds will run, since paths are baked into what it
makes, and sets the result aside as the template that `testbed up` copies.
"""

import concurrent.futures
import os
import shutil

from testbed.errors import TestbedError
from testbed.openstack import (
    commands,
    config,
    credentials,
    install,
    releases,
    services,
    template,
)
from testbed.openstack.database import Database
from testbed.openstack.layout import CLOUDS, PACKAGE, private_directory
from testbed.openstack.processes import Processes

# the module whose main() is a service's management command, and its configuration
MANAGE = {
    "keystone": ("keystone.cmd.manage", "keystone.conf"),
    "glance": ("glance.cmd.manage", "glance-api.conf"),
    "placement": ("placement.cmd.manage", "placement.conf"),
    "neutron": ("neutron.db.migration.cli", "neutron.conf"),
    "cinder": ("cinder.cmd.manage", "cinder.conf"),
    "nova": ("nova.cmd.manage", "nova.conf"),
}
SCHEMA_JOBS = 3


def stale(layout):
    """Why the template does not do, for a person; empty if it does."""
    if not layout.template.exists():
        return "there is none"
    return template.difference(template.read(layout.template), template.stamp(layout))


def prepare(layout, progress):
    """Makes the template anew."""
    processes = Processes(layout.run / "pids")
    if processes.running():
        raise TestbedError("the testbed is up: `python -m testbed down` first")
    install.check_installed(layout)
    # or somebody else's Keystone would be asked to make users
    services.check_ports(layout)
    shutil.rmtree(layout.run, ignore_errors=True)
    shutil.rmtree(layout.template, ignore_errors=True)
    private_directory(layout.run)
    begun = progress.elapsed()
    try:
        _make(layout, progress, processes, Database(layout, processes))
    finally:
        processes.stop()
    for log in layout.run.glob("*/log/*"):
        log.unlink()
    shutil.rmtree(layout.run / "pids", ignore_errors=True)
    template.write(layout.run, layout)
    layout.run.rename(layout.template)
    progress.say(f"prepared in {progress.elapsed() - begun:.1f} s")


def _make(layout, progress, processes, database):
    with progress.step("configuration"):
        _python_path(layout)
        credentials.generate(layout)
        credentials.write_clouds(layout)
        credentials.write_facts(layout)
        for cloud in CLOUDS:
            config.write(layout, cloud)
    with progress.step("MariaDB"):
        database.initialise()
        database.start()
    source, destination = CLOUDS
    with progress.step(f"schemas of {source} ({layout.releases[source]})"):
        database.create(source)
        _schemas(layout, source)
    with progress.step(f"schemas of {destination} ({layout.releases[destination]})"):
        if layout.releases[source] == layout.releases[destination]:
            database.copy(source, destination)
        else:
            database.create(destination)
            _schemas(layout, destination)
    with progress.step("users and endpoints"):
        _identity(layout, processes)


def _python_path(layout):
    """A directory that holds just this package and neutron's way to its driver.

    The checkout itself is not put on the services' path: they would see the other
    packages and entry points in it too.
    """
    place = layout.run / "python"
    info = place / "testbed-1.0.dist-info"
    info.mkdir(parents=True)
    (place / "testbed").symlink_to(PACKAGE.parent)
    (info / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: testbed\nVersion: 1.0\n"
    )
    (info / "entry_points.txt").write_text(
        "[neutron.ml2.mechanism_drivers]\n"
        "testbed = testbed.openstack.drivers.network:TestbedMechanismDriver\n"
    )


def _schemas(layout, cloud):
    def nova():
        _manage(layout, cloud, "nova", "api_db", "sync")
        cell0 = layout.database_url(cloud, "nova_cell0")
        _manage(
            layout,
            cloud,
            "nova",
            "cell_v2",
            "map_cell0",
            "--database_connection",
            cell0,
        )
        _manage(
            layout,
            cloud,
            "nova",
            "cell_v2",
            "create_cell",
            "--name",
            "cell1",
            "--transport-url",
            "fake://",
            "--database_connection",
            layout.database_url(cloud, "nova"),
        )
        _manage(layout, cloud, "nova", "db", "sync")

    def sync(service, *arguments):
        return lambda: _manage(layout, cloud, service, *arguments)

    jobs = [
        nova,
        sync("neutron", "upgrade", "heads"),
        sync("cinder", "db", "sync"),
        sync("keystone", "db_sync"),
        sync("glance", "db_sync"),
        sync("placement", "db", "sync"),
    ]
    with concurrent.futures.ThreadPoolExecutor(SCHEMA_JOBS) as pool:
        for job in [pool.submit(j) for j in jobs]:
            job.result()


def _manage(layout, cloud, service, *arguments, **secret):
    """Runs a service's management command; secrets go into its environment."""
    module, filename = MANAGE[service]
    release = layout.releases[cloud]
    commands.run(
        [
            releases.python(layout, release),
            "-c",
            f"import gc, sys; gc.disable(); from {module} import main;"
            " sys.exit(main())",
            "--config-file",
            layout.etc(cloud, service) / filename,
            *arguments,
        ],
        layout.cloud(cloud) / "manage.log",
        f"{service}-manage {' '.join(arguments[:2])} of {cloud}",
        env=services.environment(layout, **releases.ENVIRONMENT[release], **secret),
        cwd="/",
    )


def _identity(layout, processes):
    passwords = credentials.load(layout)

    def bootstrap(cloud):
        url = layout.url(cloud, "keystone")
        _manage(
            layout,
            cloud,
            "keystone",
            "bootstrap",
            "--bootstrap-region-id",
            "RegionOne",
            *(
                f"--bootstrap-{kind}-url={url}"
                for kind in ("internal", "admin", "public")
            ),
            OS_BOOTSTRAP_PASSWORD=passwords[cloud]["admin"],
        )

    with concurrent.futures.ThreadPoolExecutor() as pool:
        list(pool.map(bootstrap, CLOUDS))
    wanted = [(cloud, "keystone") for cloud in CLOUDS]
    for cloud, service in wanted:
        services.start(layout, processes, cloud, service)
    services.wait(layout, processes, wanted)
    commands.run(
        [releases.python(layout, "2026.2"), "-m", "testbed.openstack.bootstrap"],
        layout.run / "bootstrap.log",
        "making users and endpoints",
        env=services.environment(
            layout, OS_CLIENT_CONFIG_FILE=os.fspath(layout.clouds_yaml)
        ),
        cwd="/",
    )
