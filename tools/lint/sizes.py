"""A file that needs scrolling has more than one subject. Functions are measured by clang-tidy (readability-function-size)."""

from project import Finding, files, is_test, text

LIMIT, TEST_LIMIT = 450, 600


def run():
    found = []
    for path in files(".cpp", ".hpp", ".py", ".sh", ".ts", ".tsx"):
        length, limit = text(path).count("\n"), TEST_LIMIT if is_test(path) else LIMIT
        if length > limit:
            found.append(Finding(path, limit, f"{length} lines, {limit} allowed: split it by subject"))
    return found
