from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LeavingConfig(AppConfig):
    name = "leaving"
    verbose_name = _("Leaving")

    def ready(self) -> None:
        from leaving import (
            clearance_demo,
            clearance_pages,
            data_demo,
            data_pages,
            deciding_demo,
            demo,
            graduate_pages,
            handin_demo,
            notice_demo,
            notice_pages,
            questionnaire_demo,
            questionnaire_pages,
            roster_demo,
            roster_pages,
            rule_pages,
            rules_demo,
            statistics_demo,
            statistics_pages,
            telling_demo,
            telling_pages,
        )
        from leaving.selectors.handin import claimed_files
        from leaving.workbooks.clearance import CertificateCollection, ClearanceExport
        from leaving.workbooks.decisions import DecisionsWorkbook
        from leaving.workbooks.graduates import GraduatesWorkbook
        from leaving.workbooks.graduates.export import GraduatesExport
        from leaving.workbooks.missing import MissingExport
        from leaving.workbooks.obligations import ObligationsWorkbook
        from leaving.workbooks.questionnaires import QuestionnaireAnswers, QuestionnaireFigures
        from portal.demo import Step, register_step
        from portal.files import register_claimant
        from portal.workbooks import exports
        from portal.workbooks.runs import register

        register(GraduatesWorkbook())
        register_claimant(claimed_files)
        register(ObligationsWorkbook())
        register(DecisionsWorkbook())
        exports.register(GraduatesExport())
        exports.register(ClearanceExport())
        exports.register(CertificateCollection())
        exports.register(MissingExport())
        exports.register(QuestionnaireFigures())
        exports.register(QuestionnaireAnswers())
        graduate_pages.register_pages()
        register_step(Step(20, "graduates", demo.play, demo.ACCOUNTS))
        clearance_pages.register_pages()
        rule_pages.register_pages()
        questionnaire_pages.register_pages()
        register_step(clearance_demo.STEP)
        register_step(deciding_demo.STEP)
        roster_pages.register_pages()
        register_step(roster_demo.STEP)
        statistics_pages.register_pages()
        register_step(statistics_demo.STEP)
        data_pages.register_pages()
        register_step(data_demo.STEP)
        notice_pages.register_pages()
        register_step(notice_demo.STEP)
        register_step(questionnaire_demo.STEP)
        register_step(rules_demo.STEP)
        register_step(handin_demo.STEP)
        telling_pages.register_pages()
        register_step(telling_demo.STEP)
