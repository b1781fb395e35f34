"""People and rights: who may come in, who is asking, and what they may do."""
