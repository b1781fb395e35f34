"""Model servers of several kinds behind one port: what they can answer, stream and fetch, and how they fail."""
