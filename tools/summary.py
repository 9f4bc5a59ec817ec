"""Sums up one `./run test`: a table of its sections, then the plain line `N passed, N failed`.

Reads FOLDER/sections.csv (name, exit status, seconds) and the JUnit files below FOLDER. Exits 1 when anything failed.
A section that failed without a failed test case in any file (a crash, lint) counts as one failure, so that a red
section can never hide behind a green count.
"""

import csv
import pathlib
import sys
import xml.etree.ElementTree as xml


def count(path):
    """(passed, failed, skipped) of one JUnit file, as GoogleTest and pytest write them."""
    passed = failed = skipped = 0
    for case in xml.parse(path).iter("testcase"):
        if case.find("failure") is not None or case.find("error") is not None:
            failed += 1
        elif case.find("skipped") is not None or case.get("result") == "skipped" or case.get("status") == "notrun":
            skipped += 1
        else:
            passed += 1
    return passed, failed, skipped


def junit_of(folder, section):
    """The JUnit files that a section left: `unit` writes below release/, the others below their own name."""
    name = "release" if section == "unit" else section
    return [*folder.glob(f"{name}.xml"), *folder.glob(f"{name}/*.xml")]


def main(folder):
    total_passed = total_failed = 0
    print(f"\n{'section':<10} {'result':<7} {'passed':>7} {'failed':>7} {'skipped':>8} {'seconds':>8}")
    with open(folder / "sections.csv", encoding="utf-8") as lines:
        for section, status, seconds in csv.reader(lines):
            counts = [count(path) for path in junit_of(folder, section)]
            passed, failed, skipped = (sum(column) for column in zip(*counts)) if counts else (0, 0, 0)
            if not counts and status == "0":
                passed = 1
            if status != "0" and failed == 0:
                failed = 1
            result = "ok" if failed == 0 else "FAILED"
            print(f"{section:<10} {result:<7} {passed:>7} {failed:>7} {skipped:>8} {seconds:>8}")
            total_passed += passed
            total_failed += failed
    print(f"\n{total_passed} passed, {total_failed} failed")
    return 1 if total_failed else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
