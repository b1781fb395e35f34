"""The worker's side of jobs: takes them from the line, carries them out, writes down how it went. Not for the web."""
