"""The gallery: everybody's own pictures, their files and the links to them."""
