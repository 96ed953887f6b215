from django.urls import path

from portal.accounts import views

app_name = "accounts"
urlpatterns = [
    path("login/", views.login, name="login"),
    path("logout/", views.logout, name="logout"),
    path("cas/", views.single_sign_on, name="cas"),
    path("activate/", views.activate, name="activate"),
    path("password/", views.set_password, name="set-password"),
]
