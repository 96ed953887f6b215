from django.urls import path

from portal.notify import views

app_name = "notify"
urlpatterns = [
    path("", views.inbox, name="inbox"),
    path("read/", views.read_all, name="read-all"),
    path("<uuid:uid>/read/", views.read, name="read"),
]
