"""What is taken out of other people's front-end files before a page may use them."""

import pytest

from engage.ground.frontend import CannotFetch, without_crown_and_font, without_map


def test_the_licensed_font_is_replaced_by_the_fonts_of_the_machine():
    css = (
        "@font-face{font-family:GDS Transport;src:url(/assets/fonts/light.woff2)}"
        ".govuk-link{font-family:GDS Transport,arial,sans-serif;color:red}"
        "@media print{.govuk-link{font-family:sans-serif}}"
    )
    assert without_crown_and_font(css) == (
        '.govuk-link{font-family:system-ui,"Segoe UI",Roboto,Arial,sans-serif;color:red}'
        "@media print{.govuk-link{font-family:sans-serif}}"
    )


def test_the_crest_is_taken_out_and_its_neighbours_stay():
    css = ".govuk-footer__logo{background-image:url(/assets/images/govuk-crest.svg);width:1px}"
    assert without_crown_and_font(css) == ".govuk-footer__logo{width:1px}"


def test_a_stylesheet_that_still_asks_for_an_asset_is_refused():
    with pytest.raises(CannotFetch):
        without_crown_and_font("@import '/assets/new.css';")


def test_a_source_map_that_is_not_copied_is_not_asked_for():
    assert without_map("a{}\n/*# sourceMappingURL=a.min.css.map */\n") == "a{}\n"
    assert without_map("f();//# sourceMappingURL=a.min.js.map\n") == "f();"
