"""The inbox: what each person was told, in the product itself."""
