"""Each check finds what it is for: a wrong line for every rule, and a right one beside it."""

import groups
import include_graph
import naming
import patterns
import pytest

WRONG = {
    "mark": "// TO" + "DO later",
    "coroutine": "co_await thing();",
    "sleep": "std::this_thread::sleep_for(1s);",
    "shell": 'std::system("ls");',
    "raw-new": "auto* x = new Thing(1);",
    "braced-try": "  return Thing { 1, TRY(make()) };",
    "exit": "inline void f() { exit(1); }",
}
RIGHT = {
    "mark": "// to do it later",
    "coroutine": "// co_await is not used",
    "sleep": "std::this_thread::yield();",
    "shell": "system::run(arguments);",
    "raw-new": "Thing(const Thing&) = delete; // a new Thing(x)",
    "braced-try": "  const auto b = TRY(make());",
    "exit": "inline int exit_status(Code code) { return 1; }",
}


@pytest.mark.parametrize("pattern", patterns.PATTERNS, ids=lambda pattern: pattern.name)
def test_a_pattern_finds_the_wrong_line_and_only_it(pattern, tmp_path, monkeypatch):
    monkeypatch.setattr(patterns, "text", lambda path: (tmp_path / path).read_text())
    monkeypatch.setattr(patterns, "is_test", lambda path: True)
    name = "wrong" + pattern.suffixes[0]
    (tmp_path / name).write_text(f"{RIGHT[pattern.name]}\n{WRONG[pattern.name]}\n")
    assert [finding.line for finding in patterns.check_file(name, [pattern])] == [2]


def test_a_line_is_excused_by_name(tmp_path, monkeypatch):
    monkeypatch.setattr(patterns, "text", lambda path: (tmp_path / path).read_text())
    (tmp_path / "a.cpp").write_text("auto* x = new Thing(1);  // lint: allow raw-new: the library takes it over\n")
    assert not list(patterns.check_file("a.cpp", patterns.PATTERNS))


@pytest.mark.parametrize(
    ("module", "other", "wrong"),
    [
        ("model", "base", None),
        ("base", "model", "stands below"),
        ("agent", "gateway", "meet in api"),
        ("server", "agent", "meet in api"),
        ("server", "nowhere", "no module"),
        ("catalog", "api", "stands below"),
    ],
)
def test_the_layering(module, other, wrong):
    found = include_graph.layering("f", module, other, include_graph.read_modules(), {})
    assert wrong in found if wrong else found is None


def test_an_include_without_uses_is_found():
    assert "USES" in include_graph.layering("f", "api", "model", include_graph.read_modules(), {"api": {"api"}})


@pytest.mark.parametrize("header", ["unistd.h", "sys/wait.h", "thread", "fstream", "sqlite3.h", "httplib.h", "libpq-fe.h"])
def test_io_headers_are_known(header):
    assert include_graph.IO_HEADERS.fullmatch(header)


@pytest.mark.parametrize("header", ["string", "chrono", "filesystem", "nlohmann/json.hpp"])
def test_value_headers_are_allowed(header):
    assert not include_graph.IO_HEADERS.fullmatch(header)


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("struct bad_type {", ["bad_type"]),
        ("enum class colour { red };", ["colour"]),
        ("int badName = 1;", ["badName"]),
        ("void doIt();", ["doIt"]),
        ("struct GoodType { int good_name; };", []),
        ("constexpr int kLimit = 1;", []),
        ("auto* x = PQexec(c, s);", []),
    ],
)
def test_naming(line, names):
    assert [name for rule, _ in naming.RULES for name in rule.findall(line)] == names


def test_files_that_define_the_same_name_come_into_different_groups(tmp_path):
    for name, content in {"a.cpp": "constexpr int kRows = 1;\n", "b.cpp": "const auto kRows = rows();\n", "c.cpp": "int f() {\n"}.items():
        (tmp_path / name).write_text(content)
    sets = groups.grouped([str(path) for path in tmp_path.glob("*.cpp")], 16)
    assert [[path.rsplit("/", 1)[1] for path in group] for group in sets] == [["a.cpp", "c.cpp"], ["b.cpp"]]


def test_a_file_with_a_using_directive_stays_alone(tmp_path):
    (tmp_path / "a.cpp").write_text("using namespace base;\n")
    (tmp_path / "b.cpp").write_text("int f() {\n")
    assert len(groups.grouped([str(path) for path in tmp_path.glob("*.cpp")], 16)) == 2
