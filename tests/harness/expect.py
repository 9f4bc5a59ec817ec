"""What tests ask of every refusal and of every answer."""


def refused(outcome, status, word=""):
    """The exit status, one sentence, and a remedy; `outcome` is of a command that was run with --json.

    An operation that failed may add what PostgreSQL said, and says on a line of its own what is in service.
    """
    assert outcome.status == status, outcome
    error = outcome.error
    assert error["message"], error
    assert "\n" not in error["message"] or outcome.out, error
    assert " " in error["remedy"], error
    assert word in error["message"], error
    return error


def has_fields(json, words):
    missing = [word for word in words.replace(",", " ").split() if word not in json]
    assert not missing, f"without {missing}: {json}"
