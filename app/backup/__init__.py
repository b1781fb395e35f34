"""The product's data as a whole: taken out, and brought in again."""
