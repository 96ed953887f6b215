from liaisons.models.appointments import Appointment, ClassmateConsent, LetterCounter
from liaisons.models.nominations import Nomination, Opinion
from liaisons.models.rounds import LiaisonRound

__all__ = ["Appointment", "ClassmateConsent", "LetterCounter", "LiaisonRound", "Nomination", "Opinion"]
