"""What schemas of answers have in common."""

from pydantic import BaseModel, ConfigDict, Field


class Answer(BaseModel):
    """A field with a default is always sent, so the document calls it required: no question mark in generated types."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=True)


class Removed(Answer):
    removed: int
    more: bool = Field(description="There is more to remove: ask again.")
