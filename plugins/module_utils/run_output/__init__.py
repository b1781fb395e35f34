"""What a person sees of a run: words, widths and tables, apart from Ansible so that tests can call it directly."""
