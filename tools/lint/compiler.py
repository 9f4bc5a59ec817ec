"""The flags that CMake gives to the compiler, one set per module, as clang-tidy and the header check need them."""

import json
import re
import shlex

from project import ROOT

COMMANDS = ROOT / "build" / "compile_commands.json"
KEPT = ("-I", "-D", "-std=", "-isystem")


def flags_by_module():
    """{module: flags}; the tests' flags are not asked for. A missing file says what to do."""
    if not COMMANDS.exists():
        raise SystemExit("lint: build/compile_commands.json is missing: cmake --preset release")
    flags = {}
    for command in json.loads(COMMANDS.read_text(encoding="utf-8")):
        # Sources are compiled in groups, in files of CMake's own: the target's folder names the module.
        target = re.search(r" -o CMakeFiles/(\w+)\.dir/", command["command"])[1]
        module = "apps" if target == "pgbaton" else target.removeprefix("pgbaton_")
        if not target.endswith("_test"):
            flags.setdefault(module, kept(shlex.split(command["command"])))
    return flags


def kept(words):
    """Definitions, include folders and the language version; no optimisation, no precompiled header, no warnings."""
    result = []
    for word, following in zip(words, [*words[1:], ""]):
        if word in ("-isystem", "-I", "-D"):
            result += [word, following]
        elif word.startswith(KEPT) and word not in ("-I", "-D", "-isystem"):
            result.append(word)
    return tuple(result)
