import re


def masked(content: bytes) -> str:
    """Without what differs between any two answers: the token of each form."""
    return re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "token", content.decode())
