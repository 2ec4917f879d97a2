"""The checks of `reticket doctor`, one file each: `TOPIC`, and `look`, which finds."""
