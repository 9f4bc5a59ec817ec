"""`./run lint`: runs every check, prints what is to be mended as `file:line: what`, exits 1 when there is anything.

usage: lint.py [--changed] [CHECK...]     --changed: clang-tidy looks only at what differs from upstream
"""

import os
import sys
import time

import headers
import include_graph
import layout
import naming
import patterns
import project
import scripts
import sizes
import tidy

CHECKS = {
    "format": layout.run,
    "include-graph": include_graph.run,
    "naming": naming.run,
    "sizes": sizes.run,
    "patterns": patterns.run,
    "scripts": scripts.run,
    "headers": headers.run,
    "tidy": tidy.run,
}


def main(arguments):
    os.chdir(project.ROOT)
    only_changed = "--changed" in arguments
    names = [name for name in arguments if name != "--changed"] or list(CHECKS)
    unknown = set(names) - set(CHECKS)
    if unknown:
        sys.exit(f"lint: no check {', '.join(sorted(unknown))}; there are: {', '.join(CHECKS)}")
    total = 0
    for name in names:
        begun = time.monotonic()
        found = tidy.run(project.changed()) if name == "tidy" and only_changed else CHECKS[name]()
        for finding in found:
            print(finding)
        total += len(found)
        print(f"lint: {name}: {len(found)} to mend ({time.monotonic() - begun:.1f} s)", flush=True)
    return 1 if total else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
