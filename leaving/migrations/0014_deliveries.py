from django.db import migrations, models


class Migration(migrations.Migration):
    """Deliveries that wait for a worker, and what is wrong with those that could not be applied (C7)."""

    dependencies = [("leaving", "0013_evidence_retention")]

    operations = [
        migrations.AddField(
            model_name="delivery",
            name="problem",
            field=models.CharField(blank=True, editable=False, max_length=40, verbose_name="problem"),
        ),
        migrations.AddField(
            model_name="delivery",
            name="faults",
            field=models.JSONField(default=list, editable=False),
        ),
        migrations.AddField(
            model_name="delivery",
            name="faults_total",
            field=models.PositiveIntegerField(default=0, verbose_name="rows to correct"),
        ),
        migrations.AlterField(
            model_name="delivery",
            name="state",
            field=models.CharField(
                choices=[
                    ("received", "Received"),
                    ("applied", "Applied"),
                    ("held", "Held"),
                    ("refused", "Refused"),
                    ("superseded", "Superseded"),
                    ("faulty", "Rows to correct"),
                    ("failed", "Failed"),
                ],
                max_length=10,
                verbose_name="state",
            ),
        ),
        migrations.RemoveConstraint(model_name="delivery", name="delivery_state_known"),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "state__in",
                        ["received", "applied", "held", "refused", "superseded", "faulty", "failed"],
                    )
                ),
                name="delivery_state_known",
            ),
        ),
    ]
