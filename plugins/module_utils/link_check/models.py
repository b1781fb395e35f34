"""What a model server on this machine says of its models."""

from __future__ import annotations

from dataclasses import replace

from .http import ask, explain_status
from .model import CheckFailedError, Context, Observation, count, observe

MODELS = "/v1/models"  # Ollama and llama.cpp both speak this dialect


def model_answers(context: Context, *, url: str, model: str = "") -> Observation:
    """The server at `url` lists this model, or any."""
    expected = f"the model {model}" if model else "a model"
    answer = ask(replace(context, url=url, host_header="", socket=""), MODELS)
    if answer.status != 200:
        return observe(expected, answer.brief, explain_status(context, answer, f"{url}{MODELS}"))
    listed = answer.json().get("data")
    if not isinstance(listed, list) or not all(isinstance(entry, dict) for entry in listed):
        raise CheckFailedError(
            "200 without models", f"{url}{MODELS} does not list models: another program answers there"
        )
    names = [str(entry.get("id")) for entry in listed]
    observed = f"{count(len(names), 'model')}: {', '.join(names[:3])}" if names else "no model"
    if not names:
        return observe(expected, observed, "the server has no model yet: none was fetched")
    if model and model not in names and f"{model}:latest" not in names:
        return observe(expected, observed, f"the server has no model {model}")
    return Observation(True, expected, observed)
