"""What a liaison lets the public see, and what classmates let their liaison see (L3, L6)."""

from collections.abc import Collection

from django.utils import timezone
from django.utils.translation import gettext as _

from leaving.models import Graduate
from liaisons.choices import ClassmateField
from liaisons.models import Appointment, ClassmateConsent
from liaisons.selectors.rounds import own_graduates
from liaisons.services.nominations import allowed_publication
from portal.accounts.models import User
from portal.audit.services import record
from portal.doors import one_transaction
from portal.errors import Refused


@one_transaction
def consent_to_publication(
    *,
    appointment: Appointment,
    actor: User,
    fields: Collection[str],
    mobile: str,
    wechat: str,
    biography: str,
) -> Appointment:
    """The liaison says which fields the public list shows, and keeps them up to date. Takes effect at once.

    Without the name nothing is shown. Raises Refused for anybody else. Audited as `liaisons.publication_consented`.
    """
    held = Appointment.objects.select_for_update(of=("self",)).get(pk=appointment.pk)
    if not own_graduates(actor).filter(pk=held.graduate_id).exists():
        raise Refused("not_allowed", _("Only the liaison decides what is published."))
    held.published = allowed_publication(fields)
    held.mobile, held.wechat, held.biography = mobile.strip(), wechat.strip(), biography.strip()
    held.save(update_fields=["published", "mobile", "wechat", "biography"])
    record("liaisons.publication_consented", actor=actor, target=held, details={"fields": held.published})
    return held


@one_transaction
def consent_to_liaison(*, graduate: Graduate, actor: User, fields: Collection[str]) -> ClassmateConsent:
    """A graduate says what the liaisons of the own class may see; an empty list takes it all back.

    Raises Refused for anybody else. Audited as `liaisons.classmate_consented`.
    """
    if not own_graduates(actor).filter(pk=graduate.pk).exists():
        raise Refused("not_allowed", _("Only you decide what your class's liaison may see."))
    consent, _new = ClassmateConsent.objects.update_or_create(
        graduate=graduate,
        defaults={
            "fields": [field.value for field in ClassmateField if field in fields],
            "given_at": timezone.now(),
        },
    )
    record("liaisons.classmate_consented", actor=actor, target=graduate, details={"fields": consent.fields})
    return consent
