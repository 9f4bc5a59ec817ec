"""Each header compiles by itself: whoever includes it need not know what else to include before it.

x.cpp includes x.hpp before anything else, and the release preset compiles it on its own: that is proof enough. Only
headers without a source of their own are compiled here.
"""

import re

import compiler
from project import INCLUDE, ROOT, Finding, closure, files, fingerprint, in_parallel, lines, module_of, remember_clean, run_tool, version_of, was_clean


def first_include(source):
    """(line, path) of a source's first include, or (1, None)."""
    for number, line in lines(source):
        match = INCLUDE.match(line)
        if match:
            return number, match.group(1)
    return 1, None


def includes_own_header_first(header, source):
    number, first = first_include(source)
    own = header.removeprefix("src/")
    return [] if first == own else [Finding(source, number, f'the first include is to be "{own}": it proves that header')]


def compiles(header, flags, version):
    name = fingerprint(closure(header), "header", flags, version)
    if was_clean(name):
        return []
    status, _, errors = run_tool("g++", *flags, "-fsyntax-only", "-w", "-x", "c++", header)
    if status == 0:
        remember_clean(name)
        return []
    first = re.search(r":(\d+):\d+: (?:fatal )?error: (.*)", errors)
    line, what = (int(first.group(1)), first.group(2)) if first else (1, errors.strip()[:200])
    return [Finding(header, line, f"does not compile by itself: {what}")]


def run():
    flags, version = compiler.flags_by_module(), version_of("g++")

    def check(header):
        source = header.removesuffix(".hpp") + ".cpp"
        if (ROOT / source).is_file():
            return includes_own_header_first(header, source)
        return compiles(header, flags[module_of(header)], version)

    found = in_parallel(check, [path for path in files(".hpp") if module_of(path) in flags])
    return [finding for findings in found for finding in findings]
