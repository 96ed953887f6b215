"""Steps of a story on a server of its own: `python -m tests.portal.workbooks.gated.script hand-in|sweep`."""

import sys

import django

django.setup()


def hand_in() -> None:
    """A confirmed batch of 200 rows, waiting for a worker."""
    from portal.workbooks.models import ImportBatch, Lease
    from portal.workbooks.services import imports
    from tests import builders
    from tests.portal.workbooks.campuses import sheet

    builders.office("dormitory", "学生住宿服务中心")
    clerk = builders.user("clerk")
    rows = [(f"C{number}", f"第{number}校区", None, "是") for number in range(200)]
    batch = imports.receive_workbook(kind="gated", file=sheet(*rows), file_name="campuses.xlsx", actor=clerk)
    Lease.objects.all().delete()
    ImportBatch.objects.filter(pk=batch.pk).update(state="checked")
    imports.confirm_batch(batch=batch, actor=clerk)


def sweep() -> None:
    from portal.workbooks.services import leases

    leases.ring_again()


if __name__ == "__main__":
    {"hand-in": hand_in, "sweep": sweep}[sys.argv[1]]()
