"""What leaves the product for a person: mail."""
