"""The queues and the workers, for whoever looks after them."""
