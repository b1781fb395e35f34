"""What on the machine no longer equals what was provisioned."""
