"""Types are PascalCase, constants kPascalCase, all else is snake_case. clang-tidy could tell, at a quarter of its whole time."""

import re

from patterns import without_comments_and_strings
from project import Finding, files, text

RULES = [
    (re.compile(r"\b(?:struct|class|enum(?: class)?|concept) ([a-z_]\w*)(?=\s*(?:final\s*)?[{:=;])(?!::)"), "a type is PascalCase"),
    (re.compile(r"\busing ([a-z]\w*) ="), "a type is PascalCase"),
    (re.compile(r"(?<![\w:.>])(?!k[A-Z])([a-z][a-z0-9]*[A-Z]\w*)"), "what is no type is snake_case"),
    (re.compile(r"^namespace (\w*[A-Z]\w*)(?=[ :]+[\w:]*\s*\{)(?!.*\bclass\b)"), "a namespace is snake_case"),
]
# Names that a library or the language gave: `using value_type =` and the like.
FOREIGN = {"value_type", "iterator", "type", "nlohmann", "CLI", "is_transparent"}


def run():
    found = []
    for path in files(".cpp", ".hpp"):
        for number, line in enumerate(without_comments_and_strings(text(path)).splitlines(), start=1):
            for rule, what in RULES:
                found += [Finding(path, number, f"'{name}': {what}") for name in rule.findall(line) if name not in FOREIGN]
    return found
