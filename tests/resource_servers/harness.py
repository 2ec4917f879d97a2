def _say(check, kind, token):
    try:
        return f"ok {check(kind, token)['sub']}"
    except Exception as error:
        return f"no {type(error).__name__}"


def _answer_lines(checks, published):
    import sys

    for line in sys.stdin:
        way, kind, token = line.split()
        said = _say(checks[way], kind, token)
        if way == "published" and _say(published, kind, token)[:2] != said[:2]:
            said = "the two libraries differ"
        sys.stdout.write(f"{said}\n")
        sys.stdout.flush()
