import django.db.models.deletion
from django.db import migrations, models

# Every coverage came with a delivery, which knows its department.
FILL = """
    DELETE FROM leaving_datacoverage v WHERE NOT EXISTS (SELECT 1 FROM leaving_delivery d WHERE d.id = v.delivery_id);
    UPDATE leaving_datacoverage v SET department_id = d.department_id FROM leaving_delivery d WHERE d.id = v.delivery_id;
    SET CONSTRAINTS ALL IMMEDIATE;
"""
# What changes have brought or settled since the newest complete list.
WORDS = """
    INSERT INTO leaving_latestword (checkpoint_id, department_id, graduate_id, key, taken_at)
    SELECT o.checkpoint_id, o.department_id, o.graduate_id, o.key, max(d.taken_at)
    FROM leaving_obligation o JOIN leaving_delivery d ON d.id IN (o.brought_by_id, o.settled_by_id)
    WHERE d.kind = 'changes' AND d.taken_at > coalesce((
        SELECT max(l.taken_at) FROM leaving_delivery l
        WHERE l.checkpoint_id = o.checkpoint_id AND l.department_id = o.department_id
            AND l.kind = 'snapshot' AND l.state = 'applied'), '-infinity')
    GROUP BY o.checkpoint_id, o.department_id, o.graduate_id, o.key;
"""


class Migration(migrations.Migration):

    dependencies = [
        ("departments", "0003_change_roster"),
        ("leaving", "0018_questionnaires_mixed_answers"),
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
        migrations.CreateModel(
            name="LatestWord",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(blank=True, max_length=200, verbose_name="reference")),
                ("taken_at", models.DateTimeField(verbose_name="data of")),
                (
                    "checkpoint",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="leaving.checkpoint",
                    ),
                ),
                (
                    "department",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="departments.department",
                    ),
                ),
                (
                    "graduate",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="leaving.graduate",
                    ),
                ),
            ],
            options={
                "verbose_name": "latest word of changes",
                "verbose_name_plural": "latest words of changes",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("checkpoint", "department", "graduate", "key"), name="latest_word_once"
                    )
                ],
            },
        ),
        migrations.RunSQL(WORDS, migrations.RunSQL.noop),
    ]
