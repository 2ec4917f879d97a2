"""Runs an operation without a service and without a loop."""


def ran(operation, perform):
    """The result of an operation whose commands `perform` executes."""
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
