"""What the folders of this scenario share."""

from __future__ import annotations

import pytest
from chat import Chat
from witness import Machine, Web


@pytest.fixture
def chat(machine: Machine, web: Web) -> Chat:
    """The administrator's chat on the machine under test."""
    return Chat(machine, web)
