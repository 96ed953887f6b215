from django.urls import path

from liaisons.views import appointments, nominations, own, public

app_name = "liaisons"
urlpatterns = [
    path("liaisons/", own.home, name="home"),
    path("liaisons/nominate/<uuid:uid>/", own.nominate_oneself, name="nominate"),
    path("liaisons/consent/<uuid:uid>/", own.consent, name="consent"),
    path("liaisons/nominations/<uuid:uid>/", nominations.detail, name="nomination-detail"),
    path("liaisons/nominations/<uuid:uid>/form.pdf", nominations.form_pdf, name="nomination-form"),
    path("liaisons/nominations/<uuid:uid>/opinion/", nominations.opinion, name="nomination-opinion"),
    path("liaisons/nominations/<uuid:uid>/take-back/", nominations.take_back, name="nomination-take-back"),
    path("liaisons/nominations/<uuid:uid>/withdraw/", own.withdraw, name="nomination-withdraw"),
    path("liaisons/review/<slug:step>/", nominations.review, name="review"),
    path("liaisons/classes/", nominations.classes, name="classes"),
    path("liaisons/classes/<uuid:uid>/", nominations.class_members, name="class-members"),
    path("liaisons/majors/", nominations.majors, name="majors"),
    path("liaisons/ready/", appointments.ready, name="ready"),
    path("liaisons/appointments/", appointments.appointments, name="appointments"),
    path("liaisons/appointments/attendance/", appointments.attendance, name="attendance"),
    path("liaisons/appointments/<uuid:uid>/", appointments.detail, name="appointment-detail"),
    path("liaisons/appointments/<uuid:uid>/letter.pdf", appointments.letter_pdf, name="letter"),
    path("liaisons/appointments/<uuid:uid>/renew/", appointments.renew_one, name="renew"),
    path("liaisons/appointments/<uuid:uid>/publication/", own.publication, name="publication"),
    path("liaisons/appointments/<uuid:uid>/classmates/", own.classmates, name="classmates"),
    path("public/liaisons/", public.listing, name="public"),
    path("public/liaisons/<slug:code>/", public.letter, name="public-letter"),
]
