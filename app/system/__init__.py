"""The product about itself: health, parameters, dictionaries, the operation log, activation codes, the recycle bin."""
