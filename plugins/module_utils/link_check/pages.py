"""What a browser asks first: the front page with its assets, and single paths."""

from __future__ import annotations

import gzip
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from .http import Answer, ask, explain_status
from .model import CheckFailedError, Context, Observation, count, observe

# rel values of <link> that make a browser fetch a file; canonical, preconnect and the like fetch nothing.
FETCHED = {"stylesheet", "modulepreload", "preload", "prefetch", "icon", "apple-touch-icon", "manifest", "mask-icon"}


class PageReader(HTMLParser):
    """Collects the URLs of the files a page loads, and whether the app's mount point is there."""

    def __init__(self) -> None:
        super().__init__()
        self.assets: list[str] = []
        self.scripts = 0
        self.has_mount_point = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        url = ""
        if tag in ("script", "img"):
            url = values.get("src", "")
            self.scripts += tag == "script" and bool(url)
        elif tag == "link" and FETCHED & set(values.get("rel", "").lower().split()):
            url = values.get("href", "")
        elif tag == "div" and values.get("id") == "app":
            self.has_mount_point = True
        if url and not url.startswith("data:") and url not in self.assets:
            self.assets.append(url)


def front_page(context: Context, *, path: str = "/") -> Observation:
    expected = "200 with the app's HTML, each of its assets 200"
    answer = ask(context, path)
    if answer.status != 200:
        return observe(expected, answer.brief, explain_status(context, answer, path))
    page = PageReader()
    page.feed(answer.text)
    if answer.content_type != "text/html" or not page.has_mount_point:
        kind = answer.content_type or "no content type"
        return observe(expected, f'200 {kind} without <div id="app">', "another page than the app's is served")
    if not page.scripts:
        return observe(expected, "200 HTML that names no script", "index.html is not the build's: it loads no script")
    own, elsewhere = _split_by_origin(context, path, page.assets)
    compressed = 0
    for asset in own:
        cause, was_compressed = _look_at_asset(context, asset)
        if cause:
            return observe(expected, f"200, but an asset fails: {asset}", cause)
        compressed += was_compressed
    observed = f"200, {count(len(own), 'asset')} 200, {compressed} of them compressed"
    if elsewhere:
        observed += f", {elsewhere} on other sites not asked"
    return Observation(True, expected, observed)


def _split_by_origin(context: Context, path: str, assets: list[str]) -> tuple[list[str], int]:
    """Paths on this site, and how many assets another site serves."""
    ours = {urlsplit(context.url).netloc, urlsplit(context.public_url).netloc, context.host_header, ""}
    own: list[str] = []
    for asset in assets:
        parts = urlsplit(urljoin(path, asset))
        if parts.netloc in ours:
            own.append(parts.path + (f"?{parts.query}" if parts.query else ""))
    return own, len(assets) - len(own)


def _look_at_asset(context: Context, path: str) -> tuple[str, bool]:
    """Cause of failure or '', and whether the asset comes compressed to who asks for it."""
    plain = ask(context, path)
    if plain.status != 200:
        return explain_status(context, plain, path), False
    if plain.content_type == "text/html":
        return f"{path} answers index.html: the file is missing and the fallback hides it", False
    packed = ask(context, path, headers={"Accept-Encoding": "gzip"})
    if packed.headers.get("Content-Encoding") != "gzip":
        return "", False
    try:
        same = gzip.decompress(packed.body) == plain.body
    except (OSError, EOFError) as error:
        return f"the compressed copy of {path} cannot be unpacked: {error}", True
    return "" if same else f"the compressed copy of {path} is not the same file: one of the two is stale", True


def status(
    context: Context, *, path: str, status: int = 200, contains: str = "", content_type: str = "", absent: str = ""
) -> Observation:
    wanted = [
        str(status),
        content_type,
        f"with {contains!r}" if contains else "",
        f"without {absent!r}" if absent else "",
    ]
    expected = " ".join(word for word in wanted if word)
    answer = ask(context, path)
    observed = f"{answer.brief} {answer.content_type}".strip()
    return observe(expected, observed, _difference(context, answer, path, status, contains, content_type, absent))


def _difference(
    context: Context, answer: Answer, path: str, status: int, contains: str, content_type: str, absent: str
) -> str:
    if answer.status != status:
        if answer.status == 200 and answer.content_type == "text/html":
            return f"{path} answers index.html instead of {status}: the fallback catches what it must not"
        return explain_status(context, answer, path)
    if content_type and answer.content_type != content_type:
        return f"{path} answers {answer.content_type or 'no content type'}: another place than expected serves it"
    if contains and contains not in answer.text:
        return f"{path} answers, but without {contains!r}: another page is served"
    if absent and absent in answer.text:
        return f"{path} answers with {absent!r}, which must not be there"
    return ""


def json_value(context: Context, path: str, key: str) -> str:
    """One value of a JSON object that must answer 200; raises CheckFailedError in words otherwise."""
    answer = ask(context, path)
    if answer.status != 200:
        raise CheckFailedError(f"{path}: {answer.brief}", explain_status(context, answer, path))
    document = answer.json()
    if key not in document:
        raise CheckFailedError(f"{path}: no {key!r}", f"{path} answers JSON, but says no {key!r}")
    return str(document[key])
