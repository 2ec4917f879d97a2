"""Runs an operation without a service and without a loop."""


def ran(operation, perform):
    """What it returns, once `perform` has given it the result of each command, or has raised."""
    try:
        command = next(operation)
        while True:
            try:
                result = perform(command)
            except Exception as error:
                command = operation.throw(error)
            else:
                command = operation.send(result)
    except StopIteration as done:
        return done.value
