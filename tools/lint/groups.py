"""Cuts a module's sources into groups whose files can stand together in one translation unit.

The libraries' headers cost more time than our own code, for the compiler and far more for clang-tidy; a group pays for
them once. Two files that define the same name at the beginning of a line, mostly in their anonymous namespaces, come into
different groups. CMake asks by `groups.py SIZE FILE...` for the presets that build in unity; one group a line.
"""

import pathlib
import re
import sys

# A definition starts in column 0: a name before "(", "{", "[" or " =", or after struct, class and enum.
DEFINED = re.compile(r"^(?=[A-Za-z])(?!using |namespace |return )(?:.*?[ &*>])?([A-Za-z_]\w*)(?=\(|\{|\[| =)", re.MULTILINE)
USING_DIRECTIVE = re.compile(r"^using namespace ", re.MULTILINE)
TYPE = re.compile(r"^(?:struct|class|enum(?: class)?|union) (\w+)\b(?!::|;)", re.MULTILINE)


def must_stay_alone(path):
    """It opens a namespace to all that follows, or has a type named like one of the module's headers."""
    content = pathlib.Path(path).read_text(encoding="utf-8")
    headers = pathlib.Path(path).parent.glob("*.hpp")
    public = {name for header in headers for name in TYPE.findall(header.read_text(encoding="utf-8"))}
    return bool(USING_DIRECTIVE.search(content) or public & set(TYPE.findall(content)))


def defined_names(path):
    content = pathlib.Path(path).read_text(encoding="utf-8")
    return {name for name in (*DEFINED.findall(content), *TYPE.findall(content)) if not name.isupper()}


def grouped(paths, size):
    """[[path]]: each path goes to the first group that has room and none of its names."""
    groups, alone = [], []
    for path in sorted(paths):
        names = defined_names(path)
        if must_stay_alone(path):
            alone.append([path])
            continue
        for members, taken in groups:
            if len(members) < size and not names & taken:
                members.append(path)
                taken |= names
                break
        else:
            groups.append(([path], names))
    return [members for members, _ in groups] + alone


if __name__ == "__main__":
    for group in grouped(sys.argv[2:], int(sys.argv[1])):
        print(";".join(group))
