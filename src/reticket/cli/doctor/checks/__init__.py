"""The checks of `reticket doctor`: each file has a `TOPIC` and a function `look`."""
