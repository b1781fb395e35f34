"""What the product tells people: notices, by inbox, mail and channels; and letters of their account."""
