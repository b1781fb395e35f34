"""What sheets need of domains that core does not know: those wire themselves in when they are imported."""

from collections.abc import Awaitable, Callable, Mapping

from sqlalchemy.ext.asyncio import AsyncSession

Labels = Callable[[AsyncSession, str], Awaitable[Mapping[str, str]]]
_labels: list[Labels] = []


def keeps_dictionaries(labels: Labels) -> Labels:
    """For the one domain that keeps them: label by value of a dictionary, from its code."""
    _labels[:] = [labels]
    return labels


async def dictionary_labels(session: AsyncSession, code: str) -> Mapping[str, str]:
    return await _labels[0](session, code) if _labels else {}
