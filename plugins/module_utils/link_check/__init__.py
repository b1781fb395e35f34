"""What the link_check module looks at, one file a subject. Standard library only: it runs on the target host."""
