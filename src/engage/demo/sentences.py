"""Calm, short professional notes put together from sentences that fit the indicators."""

from __future__ import annotations

from random import Random

from engage.demo.world import Child, Episode

CIRCUMSTANCES = [
    "{name} left {home} in the {time} and did not come back at the agreed time.",
    "{name} went to meet friends and has not answered the phone since.",
    "{name} did not come home after school.",
    "{name} was not in the bedroom when an adult checked in the {time}.",
    "{name} left after a disagreement at {home}.",
    "{name} was dropped at school in the morning but is not marked in class.",
]
PAST_NOTES = [
    "The carer has looked in the usual places and rung friends.",
    "{Pron} took a coat and a phone charger.",
    "{Pron} has come back by {pron_self} before.",
    "The phone rings but is not answered.",
    "The phone is switched off, which is unusual.",
]
SIGN_SENTENCES = {
    "CE01": "This is not the first night away.",
    "CE02": "{Pron} has been staying out late more often.",
    "CE03": "{Pron} was last found in a place with no known link.",
    "CE04": "It is not clear how {pron} pays for travel.",
    "CE05": "A car that the family does not know has collected {pron_object} lately.",
    "CE07": "The family worry about an older person {pron} calls a partner.",
    "CE08": "{Pron} has new friends whom nobody at home has met.",
    "CE09": "Some friends are also known to be at risk.",
    "CE10": "{Pron} seems frightened of somebody but will not say who.",
    "CE13": "{Pron} has been seen with a group that worries the school.",
    "CE14": "{Pron} has new things that nobody can explain.",
    "CE15": "A hotel receipt was found.",
    "CE16": "{Pron} has a second phone.",
    "CE25": "School attendance has fallen.",
    "CE27": "{Pron} has become quiet and keeps away from the family.",
    "CE28": "{Pron} talks online with adults the family does not know.",
    "CE29": "{Pron} has been stopped with others for a new kind of offence.",
    "CE31": "{Pron} has been seen near {concern_place}.",
    "CE38": "Things at home have been hard since the family parted.",
    "CE40": "{Pron} moved placement recently.",
}
SAFE_SUMMARIES = {
    True: [
        "Please ask with care who {pron} spends time with and whether {pron} feels safe. Ring us before a visit.",
        "There is a worry about safety outside the home. See {pron_object} alone and in a private place.",
        "A health worker is worried about pressure from others. Ask about new friends and gifts.",
        "Please do not mention this contact at home. Ring us if {pron} goes missing.",
    ],
    False: [
        "No safety advice beyond the usual.",
        "Seen and well; no new worry for safety.",
        "Keeps appointments; a steady adult comes along.",
    ],
}
CLINICAL_NOTES = [
    "Attended as planned. Plan agreed and written in the service's own record.",
    "Attended with a friend. Follow-up booked in two weeks.",
    "Talked about wellbeing and rights. Review next month.",
    "Did not attend; letter sent by the agreed safe way.",
]
CHILD_WORDS = [
    "I just needed to get out for a bit.",
    "Nobody listens when I say what is wrong.",
    "I was with my mates, I was fine.",
    "I do not like it there, I want to live nearer to my nan.",
    "They said I had to come or they would be angry with me.",
    "I did not know how to get home.",
    "I do not want to talk about who was there.",
]
WISHES = [
    "Wants one worker who stays the same.",
    "Wants to see brothers and sisters more often.",
    "Wants to be rung before anyone comes round.",
    "Wants help to go back to school.",
    "Wants to feel safe on the way home.",
]
CARER_VIEWS = [
    "Worried about new friends; would like to be told sooner.",
    "Thinks the move of school started it.",
    "Has rung every friend there is and is very tired.",
    "Glad somebody independent has talked with the child.",
]
HELPLINE_CONCERNS = [
    "Worried about a child who stays out late with people nobody knows.",
    "A parent asks what to do when a child does not come home.",
    "A young person wants to talk and does not want to give a name.",
    "A neighbour has seen a child collected late in the evening by different cars.",
    "A professional asks how to make a referral.",
]


def words_for(child: Child) -> dict[str, str]:
    pronoun = child.pronoun()
    return {
        "name": child.forenames.split()[0] or "The child",
        "pron": pronoun,
        "Pron": pronoun.capitalize(),
        "pron_object": {"she": "her", "he": "him"}.get(pronoun, "them"),
        "pron_self": {"she": "herself", "he": "himself"}.get(pronoun, "themself"),
        "home": child.placement if child.placement_kind in ("K2", "H5") else "home",
    }


def about_signs(rng: Random, child: Child, indicators: list[str], places: list[str]) -> list[str]:
    words = words_for(child) | {"concern_place": rng.choice(places)}
    return [SIGN_SENTENCES[i].format(**words) for i in indicators if i in SIGN_SENTENCES]


def circumstances(rng: Random, episode: Episode, places: list[str], part_of_day: str) -> str:
    words = words_for(episode.child) | {"time": part_of_day}
    sentences = [rng.choice(CIRCUMSTANCES).format(**words)]
    if rng.random() < 0.6:
        sentences.append(rng.choice(PAST_NOTES).format(**words))
    return " ".join(sentences + about_signs(rng, episode.child, episode.indicators, places)[:3])
