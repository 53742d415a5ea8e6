# SPDX-License-Identifier: Apache-2.0
"""What the configuration files of all services have in common."""

from testbed.openstack import credentials, releases


class Cloud:
    """One cloud while its configuration is written."""

    def __init__(self, layout, name):
        self.layout = layout
        self.name = name
        self.root = layout.cloud(name)
        self.passwords = credentials.load(layout)[name]

    def directory(self, *parts):
        """A directory of this cloud, made if it is not there."""
        path = self.root.joinpath(*parts)
        path.mkdir(parents=True, exist_ok=True)
        return path

    def url(self, service):
        """A service's address."""
        return self.layout.url(self.name, service)

    # -- sections
    def default(self, service, **more):
        """[DEFAULT]; RPC stays inside each process."""
        return {
            "debug": False,
            "use_stderr": False,
            "log_file": self.root / "log" / f"{service}.log",
            "state_path": self.directory(service),
            "transport_url": "fake://",
            "rpc_response_timeout": 30,
            **more,
        }

    def database(self, name):
        """[database]"""
        return {
            "connection": self.layout.database_url(self.name, name),
            "max_pool_size": 10,
            "max_overflow": 40,
        }

    def login(self, user, **more):
        """How one service logs in to use another."""
        return {
            "auth_type": "password",
            "auth_url": self.url("keystone"),
            "username": user,
            "password": self.passwords["service"],
            "project_name": "service",
            "user_domain_name": "Default",
            "project_domain_name": "Default",
            "region_name": "RegionOne",
            **more,
        }

    def tokens(self, user):
        """[keystone_authtoken]: how a service checks its callers' tokens."""
        return self.login(
            user,
            www_authenticate_uri=self.url("keystone"),
            service_token_roles="service",  # noqa: S106 - a role
            service_token_roles_required=True,
        )

    def shared(self):
        """Sections that are the same everywhere."""
        return {
            "oslo_concurrency": {"lock_path": self.root / "lock"},
            "oslo_messaging_notifications": {"driver": "noop"},
            "oslo_policy": {"policy_file": self.root / "policy.yaml"},
        }

    # -- files
    def policy(self):
        """No rule but the services' own.

        A file that is not there is looked for in every directory at each check.
        """
        (self.root / "policy.yaml").write_text("{}\n")

    def write(self, service, filename, sections):
        """One configuration file, readable by its owner: it holds a password."""
        path = self.layout.etc(self.name, service) / filename
        credentials.write_private(path, ini(sections))

    def paste(self, service):
        """A copy of the packaged paste file, its path returned."""
        release = self.layout.releases[self.name]
        text = releases.paste_file(self.layout, release, service).read_text()
        target = self.layout.etc(self.name, service) / releases.PASTE[service]
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
        return target


def ini(sections):
    """Sections as oslo.config reads them."""
    lines = []
    for name, values in sections.items():
        lines.append(f"[{name}]")
        lines += [f"{key} = {_value(value)}" for key, value in values.items()]
        lines.append("")
    return "\n".join(lines)


def _value(value):
    return str(value).lower() if isinstance(value, bool) else str(value)
