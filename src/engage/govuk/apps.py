from django.apps import AppConfig


class GovukConfig(AppConfig):
    name = "engage.govuk"
    label = "govuk"
    verbose_name = "Page layout and components"
