"""The published conditions, duties and rights of a liaison (L1), shown before anybody accepts them."""

from django.utils.translation import gettext_lazy as _

CONDITIONS = (
    _("Loves the university, cares for alumni work and is glad to serve the university and the classmates"),
    _("Is responsible, and good at organising and coordinating"),
    _("Is respected by the classmates and can rally them"),
    _("Has settled, fairly stable work and is easy to reach"),
    _("Preferably held a student office while studying"),
)

DUTIES = (
    _(
        "Keep alumni in touch with each other and with the university, pass on news, and collect opinions and "
        "suggestions for the university"
    ),
    _(
        "Collect changes in the data of the classmates; every September bring the class address book up to date and hand "
        "it in to the alumni centre and the college in electronic form"
    ),
    _(
        "Take part in what the university and the local alumni associations organise, and organise activities of the "
        "cohort and the class"
    ),
    _("Write for the university's publications, and report what alumni have achieved and done well"),
    _(
        "Follow the university's website, its WeChat account and its other official channels, and make them known"
    ),
)

RIGHTS = (
    _("The university gives the liaison a letter of appointment"),
    _(
        "To hear in good time from the university and the local associations how the university and its alumni fare"
    ),
    _("To be first at meetings, trainings and exchanges of the alumni associations"),
    _(
        "On the university's recommendation, to be preferred as candidate for the board of a local alumni association"
    ),
)
