"""CSV for people who open it in a spreadsheet: streamed, and no cell is taken for a formula."""

import csv
import io
from collections.abc import AsyncIterator, Sequence
from datetime import datetime

from starlette.responses import StreamingResponse

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
# Tells a spreadsheet that the text is UTF-8.
BYTE_ORDER_MARK = "\ufeff"
# nginx sends each part on at once instead of collecting them.
NO_BUFFERING = {"X-Accel-Buffering": "no"}

CSV_ANSWER: dict[int | str, dict[str, object]] = {
    200: {"description": "The rows as CSV.", "content": {"text/csv": {"schema": {"type": "string"}}}}
}


def cell(value: object) -> object:
    """A text that a spreadsheet would take for a formula gets a quote in front, which shows as text."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, str) and value.lstrip(" ").startswith(FORMULA_STARTS):
        return f"'{value}"
    return value


def lines(rows: Sequence[Sequence[object]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows([[cell(value) for value in row] for row in rows])
    return text.getvalue()


def csv_response(
    filename: str, header: Sequence[str], batches: AsyncIterator[Sequence[Sequence[object]]]
) -> StreamingResponse:
    """`batches`: lists of rows, read while they are sent."""

    async def content() -> AsyncIterator[str]:
        yield BYTE_ORDER_MARK + lines([header])
        async for batch in batches:
            yield lines(batch)

    return StreamingResponse(
        content(),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{filename}"', **NO_BUFFERING},
    )
