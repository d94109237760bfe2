"""Lists read no further than somebody has opened them."""

import pytest

from engage.practice.people.lists import COUNTED_UP_TO, MOST_PAGES, read_so_far, total_words

ENDLESS = 1_000_000


def reading(total: int, asked: list[int]):
    def read(most: int) -> list[int]:
        asked.append(most)
        return list(range(min(total, most)))

    return read


def test_the_first_page_of_an_endless_list_reads_a_page_and_a_hundred_and_one():
    asked: list[int] = []
    page = read_so_far(reading(ENDLESS, asked), 1, 25)
    assert list(page.object_list) == list(range(25))
    assert asked == [25 + COUNTED_UP_TO + 1]
    assert total_words(page.paginator.count) == "100+"


def test_a_short_list_is_counted_to_its_end():
    page = read_so_far(reading(3, []), 1, 25)
    assert total_words(page.paginator.count) == "3"
    assert not page.has_next()


def test_a_later_page_is_reached_and_leads_on():
    page = read_so_far(reading(ENDLESS, []), "7", 25)
    assert list(page.object_list) == list(range(150, 175))
    assert page.has_next()


@pytest.mark.parametrize("asked_for", ["", "x", None, "-1", "0", "9" * 5000])
def test_whatever_is_no_page_is_the_first(asked_for):
    assert read_so_far(reading(60, []), asked_for, 25).number == 1


def test_past_the_end_is_the_last_page_and_no_more_than_the_most_pages_are_read():
    asked: list[int] = []
    assert read_so_far(reading(60, asked), "99999", 25).number == 3
    assert asked == [MOST_PAGES * 25 + COUNTED_UP_TO + 1]
