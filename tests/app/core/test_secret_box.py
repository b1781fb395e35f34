"""Keys at rest: sealed, opened, and what is said when they cannot be."""

import pytest

from app.core.secret_box import SecretBox, SecretUnreadableError
from tests.app.harness import SECRET, make_settings

KEY = "sk-密钥-0123456789"


def test_what_is_sealed_is_opened_and_not_to_be_seen() -> None:
    box = SecretBox(SECRET, "a.key")
    sealed = box.seal(KEY)
    assert box.open(sealed) == KEY
    assert "sk-" not in sealed
    assert sealed.isascii()
    assert box.seal(KEY) != sealed


def test_the_same_settings_make_the_same_box(tmp_path_factory: pytest.TempPathFactory) -> None:
    settings = make_settings(tmp_path_factory.mktemp("box"))
    assert SecretBox.of(settings, "a.key").open(SecretBox(SECRET, "a.key").seal(KEY)) == KEY


@pytest.mark.parametrize(
    "other", [SecretBox("another-secret-key-of-more-than-32-characters", "a.key"), SecretBox(SECRET, "b.key")]
)
def test_another_key_or_purpose_is_told_in_words(other: SecretBox) -> None:
    with pytest.raises(SecretUnreadableError, match=r"another secret key .* enter it again"):
        other.open(SecretBox(SECRET, "a.key").seal(KEY))


def test_what_is_damaged_is_told_in_words() -> None:
    box = SecretBox(SECRET, "a.key")
    sealed = box.seal(KEY)
    form, mark, token = sealed.split(".")
    changed = f"{form}.{mark}.{token[:40]}{'A' if token[40] != 'A' else 'B'}{token[41:]}"
    for damaged in ("", "x", "v1.", f"v1.{mark}", sealed[:-4], changed, f"v2.{mark}.{token}"):
        with pytest.raises(SecretUnreadableError, match="damaged"):
            box.open(damaged)
