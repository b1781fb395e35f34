"""E-mail addresses in one spelling, of the kind that every mail server takes."""

import re
import unicodedata
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

LONGEST = 254
# Dots and letters only where a server agrees about them: no quotes, no spaces, no line breaks, no bare host names.
FORM = re.compile(
    r"(?=.{1,64}@)[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]"
)


def normalise_email(value: str) -> str:
    """One spelling an address. Raises for what is none.

    What is not ASCII after NFKC is refused before case is folded: folding turns `ß` into `ss`, another's address.
    """
    folded = unicodedata.normalize("NFKC", value).strip()
    folded = folded.casefold() if folded.isascii() else ""
    if len(folded) > LONGEST or not FORM.fullmatch(folded):
        raise PydanticCustomError("email_invalid", "This is no e-mail address.")
    return folded


EmailAddress = Annotated[
    str, Field(max_length=LONGEST, json_schema_extra={"format": "email"}), AfterValidator(normalise_email)
]
