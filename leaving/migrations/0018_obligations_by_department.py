import django.db.models.deletion
from django.db import migrations, models

# Every coverage came with a delivery, which knows its department.
FILL = """
    DELETE FROM leaving_datacoverage v WHERE NOT EXISTS (SELECT 1 FROM leaving_delivery d WHERE d.id = v.delivery_id);
    UPDATE leaving_datacoverage v SET department_id = d.department_id FROM leaving_delivery d WHERE d.id = v.delivery_id;
    SET CONSTRAINTS ALL IMMEDIATE;
"""


class Migration(migrations.Migration):

    dependencies = [
        ("departments", "0003_change_roster"),
        ("leaving", "0017_queue_index_in_the_order_of_its_pages"),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="datacoverage", name="coverage_once"),
        migrations.AddField(
            model_name="datacoverage",
            name="department",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="departments.department",
            ),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.AlterField(
            model_name="datacoverage",
            name="department",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="departments.department",
            ),
        ),
        migrations.AddConstraint(
            model_name="datacoverage",
            constraint=models.UniqueConstraint(
                fields=("checkpoint", "department", "graduate"), name="coverage_once"
            ),
        ),
    ]
