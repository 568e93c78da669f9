"""Policies beside a sentry.yaml: whatever is wrong with one is told by file, line and id."""

import pytest

from cost_sentry.application.config_document import config_from_document
from cost_sentry.domain.policy import PolicyMode
from cost_sentry_client.config_file import ConfigFileInvalid, load_config
from cost_sentry_client.config_file.policy_files import POLICIES_MAX
from tests.fakes.sentry_files import GOOD

PERMIT = (
    '@id("everything") @sentence("The rest is permitted.")\npermit (principal, action, resource);\n'
)
NOTED = '@id("a") @sentence("b") '
NAMED = "policies:\n  files: [policies/*.cedar]\n"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "policies").mkdir()
    return tmp_path


def write(folder, *texts, yaml=GOOD + NAMED):
    for number, text in enumerate(texts):
        (folder / "policies" / f"{number}.cedar").write_text(text, encoding="utf-8")
    (folder / "sentry.yaml").write_text(yaml, encoding="utf-8")
    return folder / "sentry.yaml"


def load(folder, *texts, **more):
    return load_config(write(folder, *texts, **more))


def problems(folder, *texts, **more):
    with pytest.raises(ConfigFileInvalid) as caught:
        load(folder, *texts, **more)
    return [(p.file.rpartition("/")[2], p.line, p.field, p.problem) for p in caught.value.problems]


def forbid(when, name="it", **notes):
    told = "".join(f'@{key}("{value}")\n' for key, value in notes.items())
    return f'@id("{name}")\n@sentence("No.")\n{told}forbid (principal, action, resource) {when};\n'


def test_an_application_that_its_team_does_not_name_is_told_with_those_that_it_names(folder):
    named = (GOOD + NAMED).replace("search: {", "search: {applications: {web: {}, batch: {}}, ", 1)
    text = forbid('when { principal == CostSentry::Application::"search/wep" }')

    [(_, _, field, problem)] = problems(folder, text, yaml=named)

    assert field == "it"
    assert problem == 'team "search" has no application "wep" (did you mean web?)'


def test_policies_are_kept_as_they_are_written_in_the_order_of_their_files(folder):
    first = forbid("when { context.outputTokens > 9 }", mode="shadow")

    config = load(folder, first, "// nothing; here\n", PERMIT).config

    assert [(rule.id, rule.mode) for rule in config.policies.rules] == [
        ("it", PolicyMode.SHADOW),
        ("everything", PolicyMode.ENFORCE),
    ]
    assert config.policies.rules[0].text == first.strip()
    assert config.policies.rules[1].sentence == "The rest is permitted."
    assert config.policies.time_zone == "UTC"


def test_policies_have_a_time_zone(folder):
    done = load(folder, PERMIT, yaml=f"{GOOD}{NAMED}  timeZone: Europe/Berlin\n")
    assert done.config.policies.time_zone == "Europe/Berlin"


def test_a_time_zone_that_there_is_not_is_told_by_line(folder):
    [found] = problems(folder, PERMIT, yaml=f"{GOOD}{NAMED}  timeZone: Europe/Berln\n")

    assert found[:3] == ("sentry.yaml", 21, "policies.timeZone")
    assert '"Europe/Berln" (did you mean Europe/Berlin' in found[3]


def test_what_is_stored_is_read_back_as_it_was(folder):
    done = load(folder, forbid("", mode="shadow"), PERMIT)

    assert config_from_document(done.document) == done.config
    assert done.document["format"] == 3
    assert "policies" not in load(folder, yaml=GOOD).document


def test_a_change_of_a_policy_is_a_new_version(folder):
    whens = (f"when {{ context.outputTokens > {n} }}" for n in (8, 9))
    assert len({load(folder, forbid(when), PERMIT).config.version for when in whens}) == 2


def test_a_file_that_two_patterns_name_is_read_once(folder):
    yaml = f"{GOOD}policies:\n  files: [policies/*.cedar, policies/0.cedar]\n"

    assert len(load(folder, PERMIT, yaml=yaml).config.policies.rules) == 1


@pytest.mark.parametrize("pattern", ["nothing/*.cedar", "/etc/*.conf", "../*.yaml"])
def test_a_pattern_must_match_below_the_folder_of_the_file(folder, pattern):
    yaml = f"{GOOD}policies:\n  files: ['{pattern}']\n"

    [(file, line, field, problem)] = problems(folder, PERMIT, yaml=yaml)

    assert (file, line, field) == ("sentry.yaml", 20, "policies.files[0]")
    assert problem == f'"{pattern}" matches no file'


@pytest.mark.parametrize(
    ("text", "line", "field", "problem"),
    [
        ("\n\nforbid (principal, action;", 3, "", "is no Cedar"),
        ("permit (principal, action, resource)", 1, "", "is no Cedar"),
        (f"{PERMIT}\n  when;", 4, "", "is no Cedar"),
        ("permit (principal, action, resource);", 1, "", "it has no id"),
        ('@id("No Good") permit (principal, action, resource);', 1, "No Good", "is no id"),
        ('@id("a") permit (principal, action, resource);', 1, "a", "it has no sentence"),
        (NOTED.replace("b", "\\n") + "permit (principal, action, resource);", 1, "a", "breaks"),
        (forbid("", mode="maybe"), 1, "it", '"maybe" is no mode'),
        (forbid("", why="so"), 1, "it", "@why means nothing"),
        (
            NOTED + "permit (principal == ?principal, action, resource);",
            1,
            "",
            "slots",
        ),
        (forbid("when { context.outputs > 9 }"), 3, "it", "outputs"),
        (forbid("when { context.maxTokens > 9 }"), 3, "it", "optional attribute `maxTokens`"),
        (forbid('when { context.hour == "9" }'), 1, "it", "type"),
        (
            forbid('when { resource.priceClass == CostSentry::PriceClass::"premuim" }'),
            3,
            "it",
            "premuim",
        ),
        (
            forbid('when { resource == CostSentry::Model::"amazon.nova-prol-v1:0" }'),
            1,
            "it",
            'no model "amazon.nova-prol-v1:0" (did you mean amazon.nova-pro-v1:0',
        ),
        (forbid('when { principal in CostSentry::Team::"serach" }'), 1, "it", 'no team "serach"'),
        (
            forbid('when { principal == CostSentry::Application::"nobody/web" }'),
            1,
            "it",
            'there is no team "nobody"',
        ),
        (
            forbid('when { resource in CostSentry::Provider::"meta" }'),
            1,
            "it",
            'no provider "meta"',
        ),
        (forbid('unless { context.tagNames.contains("projct") }'), 1, "it", 'tag "projct"'),
        (forbid('when { context.tags.containsAny(["stage=dev"]) }'), 1, "it", 'tag "stage"'),
        (forbid('unless { ["team", "projct"].containsAll(context.tagNames) }'), 1, "it", "projct"),
        (forbid('when { context.tags.containsAll(["team=a", "b=c"]) }'), 1, "it", 'tag "b"'),
        (forbid('when { context.tags == ["team=a", "b=c"] }'), 1, "it", 'tag "b"'),
        (forbid('when { resource.geography == "uss" }'), 1, "it", 'no geography "uss" (did you'),
        (forbid('unless { ["us", "eur"].contains(resource.geography) }'), 1, "it", '"eur"'),
        (
            NOTED + 'forbid (principal in CostSentry::Team::"x", action, resource);',
            1,
            "a",
            'there is no team "x"',
        ),
    ],
)
def test_what_is_wrong_with_a_policy_is_told_by_its_line(folder, text, line, field, problem):
    yaml = GOOD.replace("teams:", "defaults: {requiredTags: [project]}\nteams:") + NAMED

    [found] = problems(folder, text, yaml=yaml)

    assert found[:3] == ("0.cedar", line, field)
    assert problem in found[3]


@pytest.mark.parametrize("name", ["us", "us-gov", "eu", "apac", "global", "regional"])
def test_each_geography_may_be_spoken_of(folder, name):
    text = forbid(f'when {{ context.hour > 3 && ["{name}"].contains(resource.geography) }}')

    assert load(folder, text + PERMIT).config.policies.rules


def test_what_is_allowed_is_told_in_a_fixed_order(folder):
    write(folder, forbid('when { resource == CostSentry::Model::"x" }'))

    with pytest.raises(ConfigFileInvalid) as caught:
        load_config(folder / "sentry.yaml")

    assert [problem.allowed for problem in caught.value.problems] == [
        "one of the models: amazon.nova-lite-v1:0, amazon.nova-pro-v1:0"
    ]


def test_ids_are_used_once_over_all_files(folder):
    [found] = problems(folder, forbid(""), "\n" + forbid("when { context.hour > 1 }"))

    assert found[:3] == ("1.cedar", 2, "it")
    assert "is already the id of the policy at" in found[3]
    assert "0.cedar:1" in found[3]


@pytest.mark.parametrize("when", ["", "when { context.hour > 1 }"])
def test_policies_that_contradict_each_other_are_both_told(folder, when):
    permit = f'@id("yes") @sentence("Yes.") permit (principal, action, resource) {when};'

    found = problems(folder, forbid(when), permit)

    assert {(file, id_) for file, _, id_, _ in found} == {("0.cedar", "it"), ("1.cedar", "yes")}
    assert all("all that" in problem for *_, problem in found)


OF_WEB = 'principal == CostSentry::Application::"search/web", action, resource'
OF_TEAM = 'principal in CostSentry::Team::"search", action, resource'
ALL, EARLY, DEEP = "principal, action, resource", "context.hour < 8", "context.depth > 1"


@pytest.mark.parametrize(
    ("forbidden", "permitted"),
    [
        (f"({OF_TEAM})", f"({OF_WEB})"),
        (f"({ALL}) when {{ {EARLY} }}", f"({ALL}) when {{ {EARLY} && {DEEP} }}"),
        (f"({ALL}) when {{ {DEEP} && {EARLY} }}", f"({ALL}) when {{ {EARLY} && {DEEP} }}"),
        (f"({OF_TEAM}) unless {{ {EARLY} }}", f"({OF_WEB}) unless {{ {EARLY} || {DEEP} }}"),
    ],
)
@pytest.mark.parametrize("mode", ["enforce", "shadow"])
def test_a_permit_that_an_enforced_forbid_covers_is_a_contradiction(
    folder, forbidden, permitted, mode
):
    no = f'@id("no") @sentence("No.") forbid {forbidden};'
    yes = f'@id("yes") @sentence("Yes.") @mode("{mode}") permit {permitted};'

    found = problems(folder, no, yes)
    shadow = no.replace("forbid", '@mode("shadow") forbid')
    tried = load(folder, shadow, yes.replace("shadow", "enforce"))

    assert {id_ for _, _, id_, _ in found} == {"no", "yes"}
    assert len(tried.config.policies.rules) == 2


@pytest.mark.parametrize(
    "permit",
    [
        NOTED + "permit (principal, action, resource) when { context.hour < 2 };",
        NOTED + '@mode("shadow") permit (principal, action, resource);' + PERMIT,
    ],
    ids=["another condition", "in shadow"],
)
def test_policies_of_which_each_may_decide_are_no_contradiction(folder, permit):
    text = forbid("when { context.hour > 1 }") + permit

    assert load(folder, text).config.policies.rules[1].id == "a"


def test_everything_that_is_wrong_is_told_at_once(folder):
    found = problems(
        folder, forbid("when { context.outputs > 9 }"), "permit;", forbid("", name="X")
    )

    assert [file for file, *_ in found] == ["1.cedar", "2.cedar", "0.cedar"]


def test_two_thousand_policies_are_too_many(folder):
    many = "".join(forbid(f"when {{ context.hour > {n} }}", name=f"p{n}") for n in range(2_000))

    [(file, _, field, problem)] = problems(folder, many)

    assert (file, field) == ("sentry.yaml", "policies.files")
    assert problem == "2000 policies are too many"
    assert POLICIES_MAX == 500


@pytest.mark.parametrize(
    ("content", "problem"),
    [(b"\xff\xfe", "the text is not UTF-8"), (b"/" * 300_000, "the file is too large")],
)
def test_a_file_that_is_no_text_is_told(folder, content, problem):
    (folder / "policies" / "0.cedar").write_bytes(content)

    assert problems(folder) == [("0.cedar", 1, "", problem)]


def test_comments_and_quotes_hide_semicolons(folder):
    text = (
        "// first; a comment\n"
        + forbid('when { context.tags.contains("team=a;b\\"//c") } // not; the end\n')
        + PERMIT
        + "// last; one"
    )

    config = load(folder, text).config

    assert len(config.policies.rules) == 2
    assert config.policies.rules[0].text.startswith('@id("it")')
