"""What people do with their own account: profile, picture, password, sessions."""
