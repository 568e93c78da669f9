import pytest

from cost_sentry_client.config_file.yaml_tree import Place, YamlUnreadable, read_yaml

BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]\n"
    for before, name in zip("abcdef", "bcdefg", strict=True)
)


def test_scalars_keep_their_digits_and_nothing_becomes_a_float_or_a_truth_value():
    tree = read_yaml("[12.50, 0.1, yes, on, 2026-11-21, 1_000, 010, 0x10, .nan, 7, -7, ~, '8']")

    assert tree.value == [
        *("12.50", "0.1", "yes", "on", "2026-11-21", "1_000", "010", "0x10", ".nan"),
        *(7, -7, None, "8"),
    ]


def test_a_number_with_thousands_of_digits_stays_text():
    digits = "9" * 5_000

    assert read_yaml(f"limit: {digits}").value == {"limit": digits}


def test_every_value_and_name_has_its_place():
    tree = read_yaml("teams:\n  search:\n    owners:\n      - a\n")

    assert tree.place(("teams", "search", "owners", 0)) == Place(4, 9)
    assert tree.place(("teams", "search"), at_key=True) == Place(2, 3)


def test_what_is_missing_is_looked_for_at_the_name_of_its_parent():
    tree = read_yaml("teams:\n  search:\n    owners: []\nbudgets:\n  - unit: usd\n")

    assert tree.place(("teams", "search", "more")) == Place(2, 3)
    assert tree.place(("budgets", 0, "id")) == Place(5, 5)
    assert tree.place(("models",)) == Place(1, 1)


def test_a_name_that_stands_twice_is_found_at_the_second():
    ((place, finding),) = read_yaml("a: 1\nb:\n  c: 1\n  c: 2\n").findings

    assert place == Place(4, 3)
    assert finding.path == ("b", "c")
    assert finding.problem == '"c" stands here again, first on line 3'


def test_an_alias_stands_for_its_anchor():
    assert read_yaml("a: &x [1]\nb: *x").value == {"a": [1], "b": [1]}


def test_tags_are_refused_and_nothing_is_constructed():
    ((place, finding),) = read_yaml("a: !!python/object/apply:os.system [id]").findings

    assert place == Place(1, 4)
    assert finding.problem == 'YAML tag "!!python/object/apply:os.system" is not supported'


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("a:\n\tb: 1", 2, "a tab where YAML wants spaces"),
        ("a: [1", 1, "not YAML: "),
        ("a: 1\n  b: 2", 2, "not YAML: mapping values are not allowed here"),
        ("a: *nowhere", 1, "not YAML: found undefined alias"),
        ("&a [*a]", 1, "the value contains itself"),
        ("a: {<<: {b: 1}}", 1, "merge keys (<<) are not supported"),
        ("? [a]\n: b", 1, "a name is not text"),
        ("~: b", 1, "a name is not text"),
        ("a: 1\n---\nb: 1", 2, "not YAML: expected a single document"),
        ("a: 1\nb: \x00", 2, "the character U+0000 is not allowed"),
        ("a: " + "[" * 10_000, 1, "lists and mappings are nested more than 20 deep"),
        (BOMB, 1, "the file has more than 25000 values"),
        ("- x\n" * 25_001, 25_000, "the file has more than 25000 values"),
    ],
    ids=lambda given: given[:40] if isinstance(given, str) else None,
)
def test_fails_with_a_line_on_what_cannot_be_taken_apart(text, line, problem):
    with pytest.raises(YamlUnreadable) as caught:
        read_yaml(text)

    assert problem in caught.value.problem
    assert caught.value.place.line == line
