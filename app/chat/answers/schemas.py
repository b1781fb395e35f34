"""What goes in and out when a model is asked."""

from pydantic import Field

from app.chat.conversations.schemas import MessageAnswer, MessageText
from app.chat.providers.schemas import ModelName
from app.core.crud import Body, Identifier, unset
from app.core.schemas import Answer


class MessageCreate(Body):
    content: MessageText
    parent_id: Identifier | None = Field(
        None,
        description="Left out: after the branch that is shown. Else after this message (null: at the very start), as "
        "a new version of what stands there.",
    )


class Regenerate(Body):
    provider_id: Identifier = unset()
    model: ModelName = unset()


class Sent(Answer):
    id: int = Field(description="Of the job that makes the answer.")
    user_message: MessageAnswer
    assistant_message: MessageAnswer


class Stopping(Answer):
    id: int | None = Field(description="Of the job that is stopped; null when there was nothing to stop.")


class AnswerPayload(Body):
    message_id: Identifier


class TitlePayload(Body):
    conversation_id: Identifier
    message_id: Identifier = Field(description="The first answer.")
