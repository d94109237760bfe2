"""Numbers and codes by which agencies know a child, and postcodes and telephone numbers.

A value that passes a check may still belong to somebody else: validity is not identity.
A value that fails is kept as sent and flagged, never thrown away; so these functions answer
None or False and raise nothing.
"""

import re
from dataclasses import dataclass
from typing import Literal

import phonenumbers

UpnKind = Literal["permanent", "temporary", "reason_unknown"]

_UPN_CHECK_LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"  # no I, O, S: DfE, csc-validator-be-cin rule 1510
_UPN_PERMANENT = re.compile(r"[A-HJ-NP-RT-Z][0-9]{12}")
_UPN_TEMPORARY = re.compile(r"[A-HJ-NP-RT-Z][0-9]{11}[A-HJ-NP-RT-Z]")  # rule 1550
_UPN_REASON = re.compile(r"UN[1-5]")

# Shape only. The inward letters leave out C I K M O V, which are never used there.
_OUTWARD = r"(?P<area>[A-Z]{1,2})(?P<number>[0-9][0-9A-Z]?)"
_POSTCODE = re.compile(_OUTWARD + r"(?P<inward>[0-9][ABD-HJLNP-UW-Z]{2})")
_NO_PLACE = re.compile(r"(?P<area>ZZ)(?P<number>99)(?P<inward>[0-9][A-Z]{2})")
_DISTRICT_ALONE = re.compile(_OUTWARD)


def normalise_nhs_number(text: str) -> str | None:
    """Ten digits without spaces; None where the text is not ten digits. Says nothing of the check digit."""
    digits = re.sub(r"[\s\-]", "", text)
    return digits if re.fullmatch(r"[0-9]{10}", digits) else None


def nhs_number_is_valid(text: str) -> bool:
    """Modulus 11 check digit. Ten times the same digit is refused, although some pass the sum."""
    digits = normalise_nhs_number(text)
    if digits is None or len(set(digits)) == 1:
        return False
    remainder = 11 - sum(int(d) * weight for d, weight in zip(digits, range(10, 1, -1), strict=False)) % 11
    return remainder != 10 and int(digits[9]) == remainder % 11


def normalise_upn(text: str) -> str:
    return re.sub(r"\s", "", text).upper()


def upn_kind(text: str) -> UpnKind | None:
    """What kind of unique pupil number this looks like, by format alone.

    `reason_unknown` is UN1-UN5, a reason why there is none: never compare it between children.
    A *former* UPN has the format of a permanent or temporary one; only the record can say it is former.
    """
    upn = normalise_upn(text)
    if _UPN_PERMANENT.fullmatch(upn):
        return "permanent"
    if _UPN_TEMPORARY.fullmatch(upn):
        return "temporary"
    if _UPN_REASON.fullmatch(upn):
        return "reason_unknown"
    return None


def upn_is_valid(text: str) -> bool:
    """Whether this is a UPN that a child can be known by.

    A permanent one must carry its check letter. Of a temporary one only the format is checked: how its
    last letter counts is not verified. The authority code is not checked against a list.
    """
    upn = normalise_upn(text)
    match upn_kind(upn):
        case "permanent":
            total = sum(int(c) * weight for weight, c in enumerate(upn[1:], start=2))
            return _UPN_CHECK_LETTERS[total % 23] == upn[0]
        case "temporary":
            return True
    return False


def ssda903_child_id_is_valid(text: str) -> bool:
    """Up to twenty letters and digits. Unique in one authority only: never compare between authorities."""
    return re.fullmatch(r"[A-Za-z0-9]{1,20}", text) is not None


def gss_code_is_valid(text: str) -> bool:
    """Form of an Office for National Statistics area code of England."""
    return re.fullmatch(r"E[0-9]{8}", text) is not None


def ofsted_urn_is_valid(text: str) -> bool:
    return re.fullmatch(r"SC[0-9]{6}|[0-9]{7}", text) is not None


@dataclass(frozen=True)
class Postcode:
    unit: str | None  # "BB1 1AA"; None where only the district was sent
    district: str  # "BB1"
    area: str  # "BB"

    @property
    def names_a_place(self) -> bool:
        """False for ZZ99, the code that health and council systems use for "no fixed abode" or abroad."""
        return self.district != "ZZ99"


def read_postcode(text: str) -> Postcode | None:
    """A whole postcode or a district alone; None where neither. Form only, not whether it is in use."""
    letters = re.sub(r"[\s.\-]", "", text).upper()
    whole = _POSTCODE.fullmatch(letters) or _NO_PLACE.fullmatch(letters)
    found = whole or _DISTRICT_ALONE.fullmatch(letters)
    if not found:
        return None
    district = found["area"] + found["number"]
    return Postcode(f"{district} {whole['inward']}" if whole else None, district, found["area"])


def normalise_postcode(text: str) -> str | None:
    """Upper case, one space before the last three; None unless it is a whole postcode."""
    postcode = read_postcode(text)
    return postcode.unit if postcode else None


def normalise_phone(text: str) -> str | None:
    """E.164, such as +447700900123. A number without a country is read as British.

    None where it cannot be a number that somebody could ring from elsewhere.
    """
    try:
        number = phonenumbers.parse(text, "GB")  # the region also makes 0044 readable
    except phonenumbers.NumberParseException:
        return None
    # "Possible" and not "valid": the ranges kept for drama and tests are never assigned.
    if phonenumbers.is_possible_number_with_reason(number) != phonenumbers.ValidationResult.IS_POSSIBLE:
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
