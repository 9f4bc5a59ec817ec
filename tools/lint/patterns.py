"""Words that must not stand in the project: a table of patterns, where they count, and what to do instead.

A line that has to be excused carries `lint: allow NAME` with the reason beside it.
"""

import re
from dataclasses import dataclass

from project import Finding, files, is_test, run_tool, text

CODE = (".cpp", ".hpp")
SOURCES = (".cpp", ".hpp", ".py", ".sh", ".ts", ".tsx", ".cmake", ".toml", "CMakeLists.txt", "run")


@dataclass(frozen=True)
class Pattern:
    name: str
    regex: str
    suffixes: tuple
    instead: str
    tests_only: bool = False
    code_only: bool = False  # comments and string literals do not count


PATTERNS = [
    Pattern("mark", r"\b(TODO|FIXME|XXX|HACK)\b", SOURCES, "finish it or open an issue"),
    Pattern("coroutine", r"\bco_(await|return|yield)\b", CODE, "write blocking code: g++ 12 miscompiles coroutines", code_only=True),
    Pattern("sleep", r"\b(sleep_for|sleep_until|usleep|nanosleep)\s*\(|\btime\.sleep\(|waitForTimeout", (".cpp", ".py", ".ts"),
            "wait for a condition with a deadline", tests_only=True),
    Pattern("shell", r"\bstd::system\s*\(|\bpopen\s*\(|(?<![\w:.>])system\s*\(\"", CODE, "use system::run with an argument vector"),
    Pattern("raw-new", r"^(?!.*unique_ptr<).*\bnew\s+[A-Za-z_:]+\s*[({<;\[]|\bdelete\s*(\[\]\s*)?[A-Za-z_(*]", CODE,
            "one owner: a value, std::unique_ptr or an RAII type", code_only=True),
    Pattern("braced-try", r"^\s*(?:, )?\.\w+ = TRY\(|, \.\w+ = TRY\(|^\s*, TRY\(|\{ [^(){};]*[ ,]TRY\(", CODE,
            "name it before: g++ 12 leaks what the braces have built already when TRY returns", code_only=True),
    Pattern("exit", r"(?<![\w.>:])(std::)?exit\s*\(|\babort\s*\(", (".hpp",), "return a Result", code_only=True),
]  # fmt: skip


def mirror_pattern():
    """The hosts that this machine's apt uses: an engine's source is asked for at run time, never written down."""
    hosts = {re.sub(r"^\w+://|[/:].*$", "", site.strip()) for site in run_tool("apt-get", "indextargets", "--format", "$(SITE)")[1].split()}
    if not hosts - {""}:
        return []
    regex = "|".join(re.escape(host) for host in sorted(hosts - {""}))
    return [Pattern("mirror", rf"(?<![\w.])({regex})", ("",), "take it from `apt-get indextargets` at run time")]


def without_comments_and_strings(content):
    """The same text, each comment and literal blanked out, line numbers kept."""
    literal = r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])\'(?:\\.|[^\'\\\n])+\''
    return re.sub(literal, lambda match: "\n" * match.group().count("\n"), content, flags=re.DOTALL)


def check_file(path, patterns):
    whole = text(path)
    original = whole.splitlines()
    for pattern in patterns:
        if not path.endswith(pattern.suffixes) or (pattern.tests_only and not is_test(path)):
            continue
        content = without_comments_and_strings(whole) if pattern.code_only else whole
        for number, line in enumerate(content.splitlines(), start=1):
            match = re.search(pattern.regex, line)
            if match and f"lint: allow {pattern.name}" not in original[number - 1]:
                yield Finding(path, number, f"'{match.group().strip()}' ({pattern.name}): {pattern.instead}")


def run():
    patterns = PATTERNS + mirror_pattern()
    skipped = ("tools/lint/patterns.py", "tools/lint/test_lint.py", "LICENSE")
    return [finding for path in files() if path not in skipped for finding in check_file(path, patterns)]
