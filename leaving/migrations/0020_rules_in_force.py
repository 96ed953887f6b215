import django.db.models.deletion
from django.db import migrations, models


def put_in_force(apps, schema_editor):
    """What the checkpoints of opened cohorts say now is what their sheets have followed until now."""
    Checkpoint = apps.get_model("leaving", "Checkpoint")
    opened = Checkpoint.objects.exclude(cohort__state="prepared").order_by("pk")
    opened = list(opened.prefetch_related("rules__colleges", "rules__campuses", "requires"))
    gates = {one.cohort_id: one.pk for one in opened if one.is_gate}
    before = {
        one.pk: ({first.pk for first in one.requires.all()} | {gates.get(one.cohort_id)}) - {one.pk, None}
        for one in opened
    }
    apps.get_model("leaving", "PrerequisiteInForce").objects.bulk_create(
        apps.get_model("leaving", "PrerequisiteInForce")(checkpoint_id=pk, first_id=first)
        for pk, firsts in before.items()
        for first in sorted(firsts)
    )
    apps.get_model("leaving", "CheckpointInForce").objects.bulk_create(
        apps.get_model("leaving", "CheckpointInForce")(
            checkpoint_id=one.pk, owner_kind=one.owner_kind, definition=_definition(one, before[one.pk])
        )
        for one in opened
    )


def _definition(checkpoint, before):
    """As `leaving.selectors.in_force.definitions` made it when this was written."""
    return {
        "decides": [checkpoint.owner_kind, checkpoint.department_id, checkpoint.node_kind],
        "before": sorted(before),
        "rules": [
            [
                rule.outcome,
                sorted(rule.levels),
                sorted(rule.study_modes),
                rule.certificates,
                rule.housing,
                rule.college_match,
                sorted(college.pk for college in rule.colleges.all()),
                sorted(campus.pk for campus in rule.campuses.all()),
                rule.political_match,
                sorted(rule.political_statuses),
            ]
            for rule in sorted(checkpoint.rules.all(), key=lambda rule: rule.order)
        ],
    }


class Migration(migrations.Migration):

    dependencies = [
        ('leaving', '0019_obligations_by_department'),
    ]

    operations = [
        migrations.CreateModel(
            name='CheckpointInForce',
            fields=[
                ('checkpoint', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='in_force', serialize=False, to='leaving.checkpoint', verbose_name='checkpoint')),
                ('owner_kind', models.CharField(choices=[('office', 'An office'), ('college', "The graduate's college"), ('node', "A node of the graduate's college"), ('dormitory', "The dormitory office of the graduate's campus"), ('supervisor', 'The first supervisor')], max_length=12, verbose_name='decided by')),
                ('definition', models.JSONField(editable=False)),
            ],
            options={
                'verbose_name': 'checkpoint in force',
                'verbose_name_plural': 'checkpoints in force',
            },
        ),
        migrations.CreateModel(
            name='PrerequisiteInForce',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('checkpoint', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='prerequisites_in_force', to='leaving.checkpoint', verbose_name='checkpoint')),
                ('first', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='held_up_in_force', to='leaving.checkpoint', verbose_name='to be passed before')),
            ],
            options={
                'verbose_name': 'prerequisite in force',
                'verbose_name_plural': 'prerequisites in force',
                'constraints': [models.UniqueConstraint(fields=('checkpoint', 'first'), name='prerequisite_once')],
            },
        ),
        migrations.AddField(
            model_name='clearancesheet',
            name='waits_for_rules',
            field=models.BooleanField(db_default=False, default=False, editable=False, verbose_name='waits for the rules to be published'),
        ),
        migrations.RunPython(put_in_force, migrations.RunPython.noop),
    ]
