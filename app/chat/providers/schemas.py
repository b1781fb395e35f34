"""What goes in and out of the provider and model routes."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from app.chat.servers.service import Kind
from app.core.crud import AuditedAnswer, Body, Identifier, ListQuery, Name, partial_of
from app.core.crud.schemas import PRINTABLE
from app.core.outgoing import BaseUrl
from app.core.schemas import Answer

LONGEST_MODEL = 200
LONGEST_KEY = 1_000
Sort = Literal["sort_order", "-sort_order", "name", "-name", "created_at", "-created_at"]
ModelName = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_MODEL, pattern=PRINTABLE)
]
OptionalModel = Annotated[str, StringConstraints(strip_whitespace=True, max_length=LONGEST_MODEL, pattern=PRINTABLE)]


class ChatProviderAnswer(AuditedAnswer):
    name: str
    kind: Kind
    base_url: str
    has_key: bool = Field(description="The key itself is never sent back.")
    default_model: str
    timeout_seconds: int
    context_tokens: int
    is_enabled: bool
    allow_private: bool
    sort_order: int


class ChatProviderCreate(Body):
    name: Name
    kind: Kind
    base_url: BaseUrl | Literal[""] = Field("", description="For `openai` with /v1; empty for `builtin`.")
    key: Annotated[str, StringConstraints(max_length=LONGEST_KEY, pattern=r"^[!-~]*$")] | None = Field(
        None, description="Kept encrypted. Null or empty: without one."
    )
    default_model: OptionalModel = ""
    timeout_seconds: int = Field(120, ge=1, le=3_600, description="How long the server may say nothing.")
    context_tokens: int = Field(8_192, ge=256, le=10_000_000, description="How much a model looks at.")
    is_enabled: bool = True
    allow_private: bool = Field(
        False, description="This machine and private networks may be asked; for administrators to set."
    )
    sort_order: int = Field(0, ge=-1_000_000, le=1_000_000)


ChatProviderUpdate = partial_of(ChatProviderCreate)


class ChatProviderQuery(ListQuery):
    sort: Sort = "sort_order"
    kind: Kind | None = None
    is_enabled: bool | None = None


class ServerFailure(Answer):
    code: str
    message: str


class ChatProviderTest(Answer):
    ok: bool
    ms: int
    error: ServerFailure | None
    models: list[str]


class ChatModel(Answer):
    name: str
    size_bytes: int | None
    is_loaded: bool | None
    context_length: int | None


class ProviderModels(Answer):
    id: int
    name: str
    kind: Kind
    is_reachable: bool
    error: ServerFailure | None
    models: list[ChatModel]
    can_pull: bool


class DefaultModel(Answer):
    provider_id: int
    model: str


class ChatModels(Answer):
    providers: list[ProviderModels]
    default: DefaultModel | None


class ModelPull(Body):
    provider_id: Identifier
    model: ModelName


class JobStarted(Answer):
    id: int = Field(description="Of the job.")
