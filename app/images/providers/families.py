"""What the models behind POST /images/generations take. The shape is one, the parameters are each vendor's own.

A parameter that a model does not know is refused by some vendors and ignored by others, so none is sent that the
model's family does not list (docs/decisions/0093).
"""

from dataclasses import dataclass
from typing import Literal

from app.images.providers.port import Capabilities


@dataclass(frozen=True)
class Family:
    names: tuple[str, ...]  # parts of a model's name, in small letters
    capabilities: Capabilities
    # How the picture is asked for. None: the parameter does not exist, and the picture comes inside the answer.
    response_format: Literal["url", "b64_json"] | None


SEEDREAM_3 = Family(
    ("seedream-3", "seedream_3"),
    Capabilities(
        ("1024x1024", "1152x864", "864x1152", "1280x720", "720x1280", "1248x832", "832x1248", "1512x648"),
        supports_seed=True,
        supports_negative=False,
        supports_watermark=True,
    ),
    "url",
)
SEEDREAM = Family(
    ("seedream",),
    Capabilities(
        ("2048x2048", "2304x1728", "1728x2304", "2560x1440", "1440x2560", "2496x1664", "1664x2496", "3024x1296"),
        supports_seed=False,
        supports_negative=False,
        supports_watermark=True,
    ),
    "url",
)
GPT_IMAGE = Family(
    ("gpt-image", "chatgpt-image"),
    Capabilities(
        ("1024x1024", "1536x1024", "1024x1536"), supports_seed=False, supports_negative=False, supports_watermark=False
    ),
    None,
)
DALL_E_3 = Family(
    ("dall-e",),
    Capabilities(
        ("1024x1024", "1792x1024", "1024x1792"), supports_seed=False, supports_negative=False, supports_watermark=False
    ),
    "b64_json",
)
# LocalAI, stable-diffusion.cpp and whoever else took the shape over.
OTHERS = Family(
    (),
    Capabilities(
        ("1024x1024", "1024x768", "768x1024", "768x768", "512x512"),
        supports_seed=True,
        supports_negative=True,
        supports_watermark=False,
    ),
    "b64_json",
)
FAMILIES = (SEEDREAM_3, SEEDREAM, GPT_IMAGE, DALL_E_3)


def family_of(model: str) -> Family:
    name = model.lower()
    return next((family for family in FAMILIES if any(part in name for part in family.names)), OTHERS)
