"""Activation codes: made in bulk, each redeemed once; the first use starts its days."""
