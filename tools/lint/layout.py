"""All C++ is formatted by clang-format-19 with the .clang-format at the root."""

import re

from project import Finding, files, run_tool


def run():
    status, _, errors = run_tool("clang-format-19", "--dry-run", "-Werror", *files(".cpp", ".hpp"))
    places = re.findall(r"^(.+?):(\d+):\d+: error: code should be clang-formatted", errors, re.MULTILINE)
    first = {path: int(line) for path, line in reversed(places)}
    found = [Finding(path, line, "not formatted: ./run format") for path, line in sorted(first.items())]
    if status != 0 and not found:
        found.append(Finding(".clang-format", 1, f"clang-format-19 failed: {errors.strip()[:300]}"))
    return found
