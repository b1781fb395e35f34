"""Permission labels of this domain: none yet; the account routes are open or for whoever is signed in."""
