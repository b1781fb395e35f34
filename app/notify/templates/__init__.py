"""Texts of notices: those of the code, and what administrators have made of them."""
