from django.urls import path

from alumni.views import people

app_name = "alumni"
urlpatterns = [
    path("alumni/", people.person_list, name="person-list"),
    path("alumni/me/", people.own_record, name="own-record"),
    path("alumni/<uuid:uid>/", people.person_detail, name="person-detail"),
    path("alumni/<uuid:uid>/edit/", people.person_edit, name="person-edit"),
]
