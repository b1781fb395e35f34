"""Images: made from text by a provider, kept in one's own gallery."""
