"""The product about itself: health, the release served, the last proof of its links."""
