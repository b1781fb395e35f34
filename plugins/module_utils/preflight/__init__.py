"""What a host must have before anything is touched; each refusal names the culprit and what to do."""
