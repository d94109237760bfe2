"""GLOSSARY.md: our own words, and those of the field that code and pages use."""

from __future__ import annotations

from engage.reference import glossary

from .markdown import written

# One word has one meaning, in the table, the address, the page and the test.
OUR_WORDS = {
    "Agency": "An organisation that sends or sees records: police, council, health service, charity, school.",
    "Any child, in area, in circle, named child": "The four ways in which a compartment can be open to a reader: for every child; for children of the team's area; for children the reader works with; for children for whom the reader was named.",
    "Applied, unchanged, rejected, held": "What can become of a row of a file. Applied: it said something new. Unchanged: it said what we have. Rejected: it cannot be used as sent. Held: a person, or another row, must come first.",
    "Area": "The districts a child belongs to, as one bit each, from what agencies say of where the child lives or is placed. A child whose district nobody knows is in every area.",
    "As at": "The time the demo's clock is set to (`--as-at`).",
    "Audit entry": "One line of the account: who did or saw what, for which purpose, under which policy. Holds pseudonyms and no content.",
    "Barred": "Must see nothing of a child: own family, own address.",
    "Bridge": "A record bridges if it may join other records into one person. Records of health services, restricted and sealed ones do not.",
    "Bundle": "A copy of what is held of a child, for who asks to see it: spans, each decided, read by a second person, released.",
    "Case reference": "The agency's number of a report, or of one an interview covers, kept as an identifier: evidence that two records are of one child.",
    "Category": "Kind of data, C01 to C26, with two finer ones: C01L location, C03P places and companions of an episode.",
    "Cause": "Why a first look exists: a row that tells of a child reported missing, a sign of exploitation, a flag, a person of concern.",
    "Circle": "Those who have a live reason to work with a child: lead, co-worker, interviewer, holder of a first look or a referral, invited to a meeting, on duty with a stated purpose.",
    "Compartment": "Owner, category and label together, as the one small number that both walls compare.",
    "Desk": "Where people at work record something by a page, beside what files tell.",
    "Door": "Where a deed comes in: page, API, job or command. Doors read the clock; nothing below them does.",
    "Fact": "Something an agency tells about a child, in the compartment of its category.",
    "Feed, format": "A feed is one agency sending one kind of file again and again; a format says what its columns mean.",
    "First look": "That somebody of the team must look at a child, take it, read the reasons and record a judgement.",
    "Full, summary, restricted, sealed, unverified, raw": "The labels of a compartment: everything; the short form; the named circle alone; the named holder alone; a person of concern whom nobody has verified, for police intelligence and the manager; the row as an agency sent it, for that agency alone.",
    "Grouping": "Working out which records are one person, from the judgements.",
    "Judgement": "Somebody's word, kept for ever: that two records are the same person or not, or how far a child is exploited.",
    "Missing episode": "One time missing, however many agencies tell of it: the group of reports that tell of it. No table of its own.",
    "Missing report": "What one agency says of one time missing.",
    "Pair": "Two records that may be one person, waiting for somebody's word.",
    "Person": "The group of records that judgements put together. No table of its own; its id is that of the record received first.",
    "Profile": "Role, agency and purpose together: what the policy is asked about.",
    "Purpose": "Why somebody looks. One of seven, of which each role may state some.",
    "Reach": "The compartments that a profile may see or write, compiled from policy and agreements.",
    "Receipt": "What became of each row of a file. Received = applied + unchanged + rejected + held, always.",
    "Record": "One agency's record of somebody: name, age, district. Facts hang on records.",
    "Reference": "An agency's own number for a row. A known one makes a new version.",
    "Seam": "One join that alone holds two parts of a person, each of two records or more.",
    "Service": "A job of Engage itself at work under a name of its own, with as little sight as its work needs.",
    "Set-aside row": "A rejected or held row as it was sent, kept so that its agency can mend it.",
    "Sister team": "A team next door with an Engage of its own. Asked whether it knows a child, it learns nothing of the child. Also a role: colleagues of such a team with a sign-in here.",
    "Source record": "One row as an agency sent it. Never changed; a correction is the next version.",
    "Team": "A multi-agency team and the districts it looks after.",
    "Telling": "One source's own account of an episode. Where tellings differ, the page shows both.",
    "Walls": "The two guards of every row with personal data: `visible_to(staff)` in the program, row-level security in the database.",
}

# Terms of reference/glossary.csv that tables, pages, formats or rules of Engage use.
FIELD_WORDS = (
    "Away from placement without authorisation",
    "CCE",
    "Child",
    "Contact",
    "CSE",
    "Early help",
    "Intelligence",
    "Lawful basis",
    "Looked-after child",
    "Missing",
    "Missing from care",
    "NHS number",
    "Nominal",
    "Placement",
    "Prevention interview",
    "Push and pull factors",
    "Referral",
    "Return home interview (RHI)",
    "SSDA903",
    "Suspicious adult / person of concern",
    "UPN",
)

INTRODUCTION = """One word has one meaning, in the table, the address, the page and the test. A word of the field carries a mark: **V** read at
its source, **P** second hand, **N** general professional knowledge. More words of the field than Engage uses so far stand in
`src/engage/reference/glossary.csv`; the sources in [code lists](docs/reference/code-lists.md#sources)."""


def page() -> str:
    known = {term.term: term for term in glossary()}
    return written(
        "Glossary",
        "engage/config/documents/glossary.py and reference/glossary.csv",
        INTRODUCTION,
        "## Words of Engage",
        "\n".join(f"- **{word}**: {means}" for word, means in sorted(OUR_WORDS.items(), key=_plain)),
        "## Words of the field",
        "\n".join(
            f"- **{word}**: {known[word].meaning} ({known[word].verification})"
            for word in sorted(FIELD_WORDS, key=str.casefold)
        ),
    )


def _plain(entry: tuple[str, str]) -> str:
    return entry[0].casefold()
