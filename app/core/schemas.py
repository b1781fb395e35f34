"""What schemas of answers have in common."""

from pydantic import BaseModel, ConfigDict


class Answer(BaseModel):
    """A field with a default is always sent, so the document calls it required: no question mark in generated types."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=True)
