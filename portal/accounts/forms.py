from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.password_validation import password_validators_help_text_html, validate_password
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import User


class SignInForm(AuthenticationForm):
    """Number and password; the messages say what to do."""

    error_messages = {
        **AuthenticationForm.error_messages,
        "invalid_login": _(
            "This number and password do not fit. Check that capital letters are off. "
            "First time here? Activate the account with the code you were given."
        ),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = _("Student or staff number")
        self.fields["username"].widget.attrs.update(autocapitalize="none", spellcheck="false")


class ActivationForm(forms.Form):
    username = forms.CharField(label=_("Student or staff number"), max_length=64)
    code = forms.CharField(
        label=_("Activation code"),
        max_length=20,
        help_text=_(
            "Ten letters and digits from the list of your class or from your office, e.g. 7KQ2M-XP4HR."
        ),
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "autocapitalize": "characters", "spellcheck": "false"}
        ),
    )


class SetPasswordForm(forms.Form):
    password = forms.CharField(
        label=_("New password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=password_validators_help_text_html(),
    )
    again = forms.CharField(
        label=_("New password, again"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        self.user = user
        super().__init__(*args, **kwargs)

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        validate_password(password, self.user)
        return password

    def clean(self) -> None:
        if (
            self.cleaned_data.get("password") != self.cleaned_data.get("again")
            and "password" in self.cleaned_data
        ):
            self.add_error("again", _("The two passwords differ."))
