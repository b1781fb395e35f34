"""Lists out to workbooks and in from them. Domains say what theirs are by app.core.sheets."""
