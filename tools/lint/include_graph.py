"""The layering: who may include whom (modules.txt, and USES in CMakeLists.txt), and what a pure module may not touch."""

import re

from project import INCLUDE, Finding, files, is_test, lines, module_of, text

MODULES = "tools/lint/modules.txt"
IO_HEADERS = re.compile(
    r"unistd\.h|sys/.*|fcntl\.h|c?signal(\.h)?|pwd\.h|grp\.h|dirent\.h|spawn\.h|poll\.h|netdb\.h|netinet/.*|arpa/.*|linux/.*"
    r"|thread|mutex|shared_mutex|condition_variable|future|atomic|random|fstream|iostream"
    r"|httplib\.h|libpq-fe\.h|sqlite3\.h|openssl/(?!sha|hmac|evp).*|boost/asio.*|spdlog/.*|prometheus/.*"
)
IO_CALLS = re.compile(r"(system|steady)_clock::now|\bfopen\(|Steady::now|\bgetenv\(|\bparse_file\(|filesystem::(?!path\b)\w+")
CLOCK_OF_DEADLINES = "src/base/time.hpp"


def read_modules():
    """({module: place in the order}, pure modules, {module: modules it must never include})"""
    order, pure, never = {}, set(), {}
    for _, line in lines(MODULES):
        words = line.split("#")[0].split()
        if words:
            order[words[0]] = len(order)
            never[words[0]] = set(words[words.index("never") + 1 :]) if "never" in words else set()
            if "pure" in words:
                pure.add(words[0])
    return order, pure, never


def read_uses():
    """What CMakeLists.txt links each module to, directly or not."""
    direct = {}
    for name, rest in re.findall(r"^pgbaton_module\((\w+)([^)]*)\)", text("CMakeLists.txt"), re.MULTILINE):
        uses = re.search(r"USES((?:\s+(?!LIBRARIES\b)\w+)+)", rest)
        direct[name] = set(uses.group(1).split()) if uses else set()

    def reach(name):
        return {name}.union(*(reach(used) for used in direct.get(name, ())))

    return {name: reach(name) for name in direct}


def layering(path, module, other, graph, uses):
    """What is wrong with a file of `module` including a header of `other`, or None."""
    order, _, never = graph
    if other not in order:
        return f'"{other}" is no module of {MODULES}'
    if order[other] > order[module]:
        return f"{module} must not include {other}, which stands below it in {MODULES}: move what is shared upwards"
    if other in never[module]:
        return f"{module} must not include {other}: the two meet in api"
    if other not in uses.get(module, {other}):
        return f"{module} includes {other} but does not name it: add it to USES of pgbaton_module({module}) in CMakeLists.txt"
    return None


def check_file(path, graph, uses):
    module = module_of(path)
    order, pure, _ = graph
    if module not in order:
        yield Finding(path, 1, f"folder src/{module} is no module of {MODULES}: add it at its place")
        return
    for number, line in lines(path):
        match = INCLUDE.match(line)
        own, system = match.groups() if match else (None, None)
        if own:
            wrong = layering(path, module, own.split("/")[0], graph, uses)
            if wrong:
                yield Finding(path, number, wrong)
        if module in pure and not is_test(path):
            code = line.split("//")[0]
            called = None if path == CLOCK_OF_DEADLINES else IO_CALLS.search(code)
            touched = system if system and IO_HEADERS.fullmatch(system) else called and called.group()
            if touched:
                yield Finding(path, number, f"{module} is pure and must not touch {touched}: take the value as an argument")


def run():
    graph, uses = read_modules(), read_uses()
    return [finding for path in files(".cpp", ".hpp") if module_of(path) for finding in check_file(path, graph, uses)]
