"""What goes in and out of the conversation routes."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StringConstraints

from app.chat.providers.schemas import OptionalModel
from app.core.crud import Body, Identifier, PageQuery, SearchText, unset
from app.core.crud.schemas import LARGEST_ID, PRINTABLE, page_of
from app.core.schemas import Answer

LONGEST_MESSAGE = 100_000  # bytes
LONGEST_TITLE = 200
WITHOUT_NUL = r"^[^\x00]*$"  # no database but SQLite keeps it

Role = Literal["user", "assistant"]
State = Literal["done", "running", "stopped", "failed"]


def _in_bytes(text: str) -> str:
    if len(text.encode()) > LONGEST_MESSAGE:
        raise ValueError(f"must have at most {LONGEST_MESSAGE} bytes")
    return text


LongText = Annotated[str, StringConstraints(max_length=LONGEST_MESSAGE, pattern=WITHOUT_NUL), AfterValidator(_in_bytes)]
MessageText = Annotated[LongText, StringConstraints(min_length=1, pattern=r"\S")]
Title = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_TITLE, pattern=PRINTABLE)
]


class ConversationAnswer(Answer):
    id: int
    title: str
    is_pinned: bool
    is_archived: bool
    provider_id: int | None
    model: str
    system_prompt: str
    temperature: float | None
    leaf_id: int | None = Field(description="The last message of the branch that is shown.")
    running_job_id: int | None
    snippet: str | None = Field(None, description="Where the text that was searched for stands.")
    created_at: datetime
    updated_at: datetime = Field(description="When the last message came.")


ConversationPage = page_of(ConversationAnswer)


class ConversationCreate(Body):
    provider_id: Identifier | None = None
    model: OptionalModel = ""
    system_prompt: LongText = ""
    temperature: float | None = Field(None, ge=0, le=2)
    title: Title | None = None


class ConversationUpdate(Body):
    title: Title = unset()
    is_pinned: bool = unset()
    is_archived: bool = unset()
    provider_id: Identifier | None = None
    model: OptionalModel = unset()
    system_prompt: LongText = unset()
    temperature: float | None = Field(None, ge=0, le=2)
    leaf_message_id: Annotated[int, Field(ge=1, le=LARGEST_ID, description="Show the newest branch through it.")] = (
        unset()
    )


class ConversationQuery(PageQuery):
    """Pinned ones first, then the last used."""

    sort: Literal["-updated_at"] = "-updated_at"
    q: SearchText | None = Field(None, description="Words, all of which stand in the title or in one message.")
    archived: bool | None = Field(None, description="Without it: those not archived; of a search, all.")


class MessageError(Answer):
    code: str
    message: str
    details: dict[str, Any] | None


class Tokens(Answer):
    prompt: int
    completion: int


class MessageAnswer(Answer):
    id: int
    conversation_id: int
    parent_id: int | None
    role: Role
    content: str
    thinking: str | None
    state: State
    error: MessageError | None
    model: str
    provider_name: str
    job_id: int | None
    sibling_ids: list[int] = Field(description="All versions of this message, oldest first.")
    tokens: Tokens | None
    tokens_per_second: float | None
    created_at: datetime


class Branch(Answer):
    items: list[MessageAnswer] = Field(description="The first message first.")
    leaf_id: int | None


class Imported(Answer):
    imported: int
