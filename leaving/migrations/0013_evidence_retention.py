from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("leaving", "0012_telling")]

    operations = [
        migrations.AddField(
            model_name="evidence",
            name="expired_at",
            field=models.DateTimeField(
                blank=True, editable=False, null=True, verbose_name="deleted when its time was over"
            ),
        ),
    ]
