from django.urls import path

from . import stepping

app_name = "desk"

urlpatterns = [
    path("step-in/", stepping.step_in, name="step_in"),
    path("step-out/", stepping.step_out, name="step_out"),
]
