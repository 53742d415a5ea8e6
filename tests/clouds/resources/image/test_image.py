# SPDX-License-Identifier: Apache-2.0
"""Images moved between two real clouds, whole and through broken connections."""

from __future__ import annotations

import os
import tempfile
import uuid

import testtools
import yaml

from pumphouse import exceptions
from pumphouse.cloud.cloud import connect
from pumphouse.conf.migration import Options
from pumphouse.models import Action, Decision, Ref
from pumphouse.resources.image.image import Image
from pumphouse.resources.listing import ID, where
from pumphouse.resources.outlook import Outlook
from tests.clouds.transfer.proxy import CuttingProxy
from tests.unit.resources.fakes import FakeContext

MIB = 1024 * 1024
CLOUDS = os.environ.get("OS_CLIENT_CONFIG_FILE", "")
KIND = Image()


@testtools.skipUnless(CLOUDS, "needs two clouds: OS_CLIENT_CONFIG_FILE")
class TestImage(testtools.TestCase):
    """One image of 8 MiB, and what may happen to it on its way."""

    def setUp(self):
        super().setUp()
        self.source = self.cloud("source", "source")
        self.destination = self.cloud("destination", "destination")
        self.chunk = os.urandom(MIB)

    def cloud(self, side, name, **more):
        cloud = connect(side, name, **more)
        self.addCleanup(cloud.close)
        return cloud

    def through(self, side, name, **cut):
        """The cloud, its image service behind a proxy that cuts."""
        url = getattr(self, side)._transport.endpoint("image")
        proxy = self.useFixture(CuttingProxy(url, **cut))
        with open(CLOUDS) as file:
            config = yaml.safe_load(file)
        config["clouds"][name]["image_endpoint_override"] = proxy.url
        written = tempfile.NamedTemporaryFile("w", suffix=".yaml")  # noqa: SIM115
        self.addCleanup(written.close)
        yaml.safe_dump(config, written)
        written.flush()
        return self.cloud(side, name, config_file=written.name, retries=1), proxy

    def image(self, **more):
        """A new image on the source, as discovery finds it."""
        body = {
            "name": f"test-image-{uuid.uuid4().hex[:8]}",
            "disk_format": "raw",
            "container_format": "bare",
            "visibility": "private",
            "owner": self.source.project_id,
            **more,
        }
        made = self.source.post("image", "/images", body)
        self.addCleanup(self.remove, self.source, made["id"])
        self.source.request(
            "image",
            "PUT",
            f"/images/{made['id']}/file",
            data=(self.chunk for _ in range(8)),
        )
        (resource,) = KIND.list(self.source, where(ID, [made["id"]]))
        return resource

    def outlook(self, resource):
        return Outlook(
            source=self.source,
            destination=self.destination,
            options=Options(),
            resources={resource.ref: resource},
            decisions={resource.ref: Decision(Action.CREATE, "")},
            translate={}.get,
        )

    def context(self, resource, source=None, destination=None):
        owner = Ref("project", self.source.project_id)
        ctx = FakeContext(
            source or self.source,
            destination or self.destination,
            bound={owner: self.destination.project_id},
        )
        self.addCleanup(self.remove_moved, ctx, resource.ref)
        return ctx

    def remove(self, cloud, image_id):
        KIND.delete(FakeContext(destination=cloud), image_id)

    def remove_moved(self, ctx, ref):
        if ctx.translate(ref):
            self.remove(self.destination, ctx.translate(ref))

    def move(self, ctx, resource):
        KIND.ensure(ctx, resource)
        KIND.data(ctx, resource)
        KIND.finish(ctx, resource)

    def there(self, name):
        """All images of that name on the destination."""
        found = self.destination.list(
            "image", "/images", "images", params={"name": name, "visibility": "all"}
        )
        return [KIND.resource(record) for record in found]

    def assertMoved(self, ctx, resource):
        there = list(
            KIND.list(self.destination, where(ID, [ctx.destination_id(resource.ref)]))
        )
        self.assertEqual(1, len(there))
        self.assertEqual(
            (), KIND.compare(resource, there[0], ctx.translate, ctx.options)
        )
        self.assertEqual(
            resource.record["os_hash_value"], there[0].record["os_hash_value"]
        )
        return there[0]

    def test_takes_four_requests(self):
        resource = self.image(tags=["a", "b"], hw_disk_bus="virtio", os_distro="debian")
        ctx = self.context(resource)
        self.destination.project_id  # noqa: B018  (its token)
        self.source.log.reset()
        self.destination.log.reset()
        KIND.ensure(ctx, resource)
        KIND.data(ctx, resource)
        self.assertEqual({"GET image /images/*/file": 1}, self.source.log.by)
        self.assertEqual(
            {
                "POST image /images": 1,
                "PUT image /images/*/file": 1,
                "GET image /images/*": 1,
            },
            self.destination.log.by,
        )
        there = self.assertMoved(ctx, resource)
        self.assertEqual("virtio", there.record["hw_disk_bus"])
        self.assertEqual(
            KIND.key(resource, ctx.translate), KIND.key(there, lambda r: r.id)
        )

    def test_keeps_hidden_protected_deactivated_and_odd_names(self):
        resource = self.image(name='odd "na\\me", ü %', os_hidden=True, protected=True)
        self.source.post("image", f"/images/{resource.ref.id}/actions/deactivate", None)
        (resource,) = KIND.list(self.source, where(ID, [resource.ref.id]))
        ctx = self.context(resource)
        self.move(ctx, resource)
        there = self.assertMoved(ctx, resource)
        found = KIND.candidates(self.destination, [resource], ctx.translate)
        self.assertIn(there.ref, [r.ref for r in found])

    def test_keeps_whom_it_is_shared_with(self):
        resource = self.image(visibility="shared")
        member = self.source.get("identity", "/projects", "projects")[0]["id"]
        path = f"/images/{resource.ref.id}/members"
        self.source.post("image", path, {"member": member})
        self.source.put("image", f"{path}/{member}", {"status": "accepted"})
        (resource,) = KIND.list(self.source, where(ID, [resource.ref.id]))
        ctx = self.context(resource)
        there = self.destination.get("identity", "/projects", "projects")[0]["id"]
        ctx.bind(Ref("project", member), there)
        self.move(ctx, resource)
        self.assertMoved(ctx, resource)

    def test_a_second_time_changes_nothing(self):
        resource = self.image()
        ctx = self.context(resource)
        self.move(ctx, resource)
        before = self.assertMoved(ctx, resource).record["updated_at"]
        self.move(ctx, resource)
        self.assertEqual(before, self.assertMoved(ctx, resource).record["updated_at"])

    def test_a_run_that_forgot_all_finds_it_again(self):
        """Another database, or one that was lost: nothing is made twice."""
        resource = self.image()
        ctx = self.context(resource)
        self.move(ctx, resource)
        again = self.context(resource)
        self.move(again, resource)
        self.assertEqual(1, len(self.there(resource.name)))

    def test_an_id_that_was_deleted_is_no_obstacle(self):
        """Glance refuses an id that it ever gave out."""
        resource = self.image()
        ctx = self.context(resource)
        self.move(ctx, resource)
        self.remove(self.destination, ctx.destination_id(resource.ref))
        ctx.unbind(resource.ref)
        self.move(ctx, resource)
        self.assertMoved(ctx, resource)

    def test_a_download_that_breaks_is_taken_up_where_it_broke(self):
        resource = self.image()
        source, proxy = self.through("source", "source", down=3 * MIB, times=2)
        ctx = self.context(resource, source=source)
        self.move(ctx, resource)
        self.assertEqual(2, proxy.cut)
        self.assertMoved(ctx, resource)
        self.assertEqual(3, source.log.by["GET image /images/*/file"])

    def test_an_upload_that_breaks_is_done_again(self):
        resource = self.image()
        destination, proxy = self.through("destination", "destination", up=3 * MIB)
        ctx = self.context(resource, destination=destination)
        self.move(ctx, resource)
        self.assertEqual(1, proxy.cut)
        self.assertMoved(ctx, resource)
        self.assertEqual(1, len(self.there(resource.name)))

    def test_a_download_that_stays_broken_leaves_nothing_active(self):
        """The half-made image is bound, without data, and not usable."""
        resource = self.image()
        source, _ = self.through("source", "source", down=1, times=1000)
        ctx = self.context(resource, source=source)
        KIND.ensure(ctx, resource)
        self.assertRaises(exceptions.CloudError, KIND.data, ctx, resource)
        (there,) = self.there(resource.name)
        self.assertEqual("queued", there.record["status"])
        self.assertEqual(ctx.destination_id(resource.ref), there.ref.id)
        ctx.source = self.source
        self.move(ctx, resource)
        self.assertMoved(ctx, resource)

    def test_an_upload_that_stays_broken_leaves_nothing_active(self):
        resource = self.image()
        destination, _ = self.through(
            "destination", "destination", up=3 * MIB, times=1000
        )
        ctx = self.context(resource, destination=destination)
        KIND.ensure(ctx, resource)
        self.assertRaises(exceptions.LostAnswer, KIND.data, ctx, resource)
        (there,) = self.there(resource.name)
        self.assertEqual("queued", there.record["status"])
        ctx.destination = self.destination
        self.move(ctx, resource)
        self.assertMoved(ctx, resource)

    def test_stopping_in_the_middle_leaves_nothing_active(self):
        resource = self.image()
        ctx = self.context(resource)
        KIND.ensure(ctx, resource)

        def stop(ref, done, total):
            ctx.suspended = done >= 2 * MIB

        ctx.progress = stop
        self.assertRaises(exceptions.Suspended, KIND.data, ctx, resource)
        ctx.suspended, ctx.progress = False, lambda ref, done, total: None
        self.move(ctx, resource)
        self.assertMoved(ctx, resource)

    def test_data_that_is_not_what_it_says_is_one_clear_error(self):
        """New releases of Glance look into what they are given; so does a plan.

        The store keeps what was refused, and is in nobody's way with it.
        """
        resource = self.image(disk_format="qcow2")
        ctx = self.context(resource)
        (finding,) = KIND.foresee(self.outlook(resource))
        self.assertIn("its data is not", finding.blocked)
        KIND.ensure(ctx, resource)
        for _ in range(2):
            error = self.assertRaises(
                exceptions.UnexpectedAnswer, KIND.data, ctx, resource
            )
            self.assertEqual(415, error.status)
            self.assertIn("disk_format", str(error))
            (there,) = self.there(resource.name)
            self.assertEqual("queued", there.record["status"])
        right = KIND.resource({**resource.record, "disk_format": "raw"})
        self.assertEqual([], list(KIND.foresee(self.outlook(right))))
        KIND.ensure(ctx, right)
        self.move(ctx, right)
        self.assertMoved(ctx, right)
