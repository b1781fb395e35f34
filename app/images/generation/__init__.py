"""Making pictures from text: what can be asked for, how much, and the job that makes them."""
