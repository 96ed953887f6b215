from django.urls import path

from leaving.views import activation

app_name = "leaving"
urlpatterns = [
    path("activation/", activation.classes, name="activation-classes"),
    path("activation/first/", activation.first_sign_in, name="activation-first"),
    path("activation/classes/<uuid:uid>/", activation.codes, name="activation-codes"),
    path("activation/graduates/<uuid:uid>/", activation.reset, name="activation-reset"),
]
