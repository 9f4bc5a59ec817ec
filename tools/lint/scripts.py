"""Shell scripts parse and pass shellcheck; Python files compile and pass pyflakes."""

import re

from project import Finding, files, run_tool, text

SHELLS = re.compile(r"#!\s*(?:/usr/bin/env |/bin/|/usr/bin/)(sh|bash|dash)\b")


def is_python(path, first_line):
    return path.endswith(".py") or (first_line.startswith("#!") and "python" in first_line)


def by_kind():
    """(shell scripts, Python files), told by name or first line."""
    shell, python = [], []
    for path in files():
        with open(path, encoding="utf-8", errors="replace") as opened:
            first_line = opened.readline(200)
        if path.endswith(".sh") or SHELLS.match(first_line):
            shell.append(path)
        elif is_python(path, first_line):
            python.append(path)
    return shell, python


def parse_output(output):
    """`file:line:column: words` or `file:line: words`, as shellcheck and pyflakes print them."""
    for line in output.splitlines():
        match = re.match(r"(.+?):(\d+):(?:\d+:?)? (.*)", line)
        if match:
            yield Finding(match.group(1), int(match.group(2)), match.group(3))


def compiles(path):
    try:
        compile(text(path), path, "exec")
    except SyntaxError as error:
        yield Finding(path, error.lineno or 1, f"does not compile: {error.msg}")


def run():
    shell, python = by_kind()
    found = [finding for path in python for finding in compiles(path)]
    if shell:
        found += parse_output(run_tool("shellcheck", "--format=gcc", *shell)[1])
    if python:
        status, output, errors = run_tool("/usr/bin/python3", "-m", "pyflakes", *python)
        found += parse_output(output + errors)
        if status not in (0, 1):
            found.append(Finding("packages.txt", 1, f"pyflakes did not run: {errors.strip()}"))
    return found
