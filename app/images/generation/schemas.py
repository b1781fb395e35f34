"""What goes in and out of the routes that make pictures, and the job's own arguments."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from app.core.crud import Body, Identifier
from app.core.schemas import Answer
from app.images.providers.models import Kind
from app.images.providers.port import LARGEST_SEED, MOST_AT_ONCE
from app.images.providers.schemas import ModelName, Size

# Lines and tabs are meant; other control characters are not.
TEXT = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"
LONGEST_PROMPT = 4000

Prompt = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_PROMPT, pattern=TEXT)]
NegativePrompt = Annotated[str, StringConstraints(strip_whitespace=True, max_length=LONGEST_PROMPT, pattern=TEXT)]


class Text2Image(Body):
    prompt: Prompt
    negative_prompt: NegativePrompt = Field("", description="What must not be in the picture.")
    provider_id: Identifier | None = Field(None, description="Without it, the default provider.")
    model: ModelName | None = Field(None, description="Without it, the provider's default model.")
    size: Size = Field(description="Width and height in pixels, such as `1024x1024`.")
    count: int = Field(1, ge=1, le=MOST_AT_ONCE)
    seed: int | None = Field(
        None, ge=0, le=LARGEST_SEED, description="Of the first picture; the following ones count up. Random without it."
    )
    watermark: bool | None = Field(None, description="Without it, as the provider does.")


class Order(Body):
    """The same with everything decided: the arguments of the job."""

    prompt: Prompt
    negative_prompt: NegativePrompt
    provider_id: Identifier
    model: ModelName
    width: int
    height: int
    count: int
    seed: int | None
    is_seeded: bool
    watermark: bool | None


class Supported(Answer):
    sizes: list[str]
    max_count: int
    supports_seed: bool
    supports_negative: bool
    supports_watermark: bool


class ModelOptions(Supported):
    name: str


class ProviderOptions(Supported):
    """`sizes` and what is supported are those of the first model here; those of each are in `by_model`."""

    id: int
    name: str
    kind: Kind
    models: list[str] = Field(description="The default one first.")
    by_model: list[ModelOptions]


class DefaultOptions(Answer):
    provider_id: int
    model: str | None
    size: str | None


class Quota(Answer):
    used: int
    limit: int | None = Field(description="Null: as many as one likes.")
    period: Literal["day"] = Field("day", description="From midnight to midnight, UTC.")


class Disk(Answer):
    used_bytes: int
    budget_bytes: int | None = Field(description="Null: as much as there is.")


class ImageOptions(Answer):
    providers: list[ProviderOptions]
    default: DefaultOptions | None = Field(description="Null when there is no provider.")
    quota: Quota
    disk: Disk
