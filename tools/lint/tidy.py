"""clang-tidy-19 with the .clang-tidy at the root, over all sources that are no tests.

Nearly all of clang-tidy's time goes into the libraries' headers, so the files of a module are looked at in batches that are
one translation unit each (groups.py). A batch that does not compile is looked at file by file. What was clean is
remembered by content.
"""

import re

import compiler
import groups
from project import ROOT, Finding, closure, files, fingerprint, in_parallel, module_of, remember_clean, run_tool, text, version_of, was_clean

BATCH = 14
EXTRA = ("-xc++", "-Wall", "-Wextra", "-Wno-missing-field-initializers", "-Wno-unused-function", "-Wno-deprecated-declarations")


def batches(only):
    """[(module, paths)]; with `only`, the batches that hold one of these files or the source of one of these headers."""
    by_module = {}
    for path in files(".cpp"):
        module = module_of(path) or ("apps" if path.startswith("apps/") else None)
        if module and not path.endswith("_test.cpp"):
            by_module.setdefault(module, []).append(path)
    cut = [(module, group) for module, paths in by_module.items() for group in groups.grouped(paths, BATCH)]
    cut.sort(key=lambda batch: -len(batch[1]))  # the long ones first: the cores end together
    if only is None:
        return cut
    wanted = {path.rsplit(".", 1)[0] for path in only if path.endswith((".cpp", ".hpp"))}
    return [(module, paths) for module, paths in cut if any(path.rsplit(".", 1)[0] in wanted for path in paths)]


def tidy(paths, flags):
    """(status, output) of clang-tidy over these files as one translation unit."""
    name = fingerprint((), paths)[:16]
    unit = ROOT / "build" / "lint" / f"{name}.cpp"
    unit.parent.mkdir(parents=True, exist_ok=True)
    unit.write_text("".join(f'#include "{ROOT / path}"\n' for path in paths), encoding="utf-8")
    status, output, errors = run_tool("clang-tidy-19", "--quiet", f"--config-file={ROOT}/.clang-tidy", str(unit), "--", *flags, *EXTRA)
    return status, output if "[" in output or status == 0 else output + errors


def findings(output):
    places = re.findall(r"^(/.+?):(\d+):\d+: (?:error|warning): (.*)$", output, re.MULTILINE)
    return {Finding(path.removeprefix(f"{ROOT}/"), int(line), re.sub(r",-warnings-as-errors", "", what)) for path, line, what in places}


def check(batch, flags, version):
    module, paths = batch
    headers = set().union(*(closure(path) for path in paths))
    name = fingerprint(headers, "tidy", paths, flags[module], EXTRA, version, text(".clang-tidy"))
    if was_clean(name):
        return set()
    status, output = tidy(paths, flags[module])
    if "[clang-diagnostic-error]" in output and len(paths) > 1:
        alone = [check((module, [path]), flags, version) for path in paths]
        found = set().union(*alone)
    elif status != 0:
        found = findings(output) or {Finding(paths[0], 1, f"clang-tidy-19 failed: {output.strip()[-300:]}")}
    else:
        found = set()
    if not found:
        remember_clean(name)
    return found


def run(only=None):
    flags, version = compiler.flags_by_module(), version_of("clang-tidy-19")
    todo = [batch for batch in batches(only) if batch[0] in flags]
    found = set().union(*in_parallel(lambda batch: check(batch, flags, version), todo))
    return sorted(found, key=lambda finding: (finding.path, finding.line, finding.what))
