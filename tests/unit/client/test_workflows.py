"""A call starts the workflow of its application, or else of its team."""

import pytest
from botocore.exceptions import ClientError

from cost_sentry_client.deployment import Deployment
from cost_sentry_client.problems import Problem
from cost_sentry_client.workflows import Workflows
from tests.fakes.scripted_workflow import ARN, PREFIX, always, answered, succeeded

DEPLOYED = Deployment(
    stage="dev",
    account_id="123456789012",
    region="us-east-1",
    outputs={"GuardedInvocationArnPrefix": PREFIX},
)
WEB = {"team": "search", "application": "web"}


def workflows():
    return Workflows(None, lambda: DEPLOYED)


def never_asked():
    raise AssertionError("nothing must be looked up")


def test_the_workflow_of_an_application_is_started_where_it_has_one():
    step_functions = always(succeeded(answered()))
    step_functions.known.add(f"{PREFIX}search_web")

    workflows().start(step_functions, "{}", WEB)

    assert step_functions.started == [f"{PREFIX}search_web"]


def test_that_of_its_team_is_where_it_has_none_and_that_is_remembered():
    step_functions, callers = always(succeeded(answered())), workflows()

    for _ in range(2):
        callers.start(step_functions, "{}", WEB)

    assert step_functions.started == [f"{PREFIX}search"] * 2
    assert callers.arn(WEB) == f"{PREFIX}search"
    assert callers.arn({**WEB, "application": "batch"}) == f"{PREFIX}search_batch"


def test_a_team_is_a_caller_too():
    step_functions = always(succeeded(answered()))

    workflows().start(step_functions, "{}", {"team": "growth"})

    assert step_functions.started == [f"{PREFIX}growth"]


@pytest.mark.parametrize("tags", [{"team": "nobody"}, {"team": "nobody", "application": "web"}])
def test_a_caller_without_a_workflow_is_told_how_to_get_one(tags):
    with pytest.raises(Problem) as problem:
        workflows().start(always(succeeded(answered())), "{}", tags)

    assert "there is no workflow for nobody" in problem.value.what
    assert "deploy" in problem.value.fix


class Denying:
    """IAM refuses the names of applications, and of teams too if it is told so."""

    def __init__(self, *names):
        self.names, self.started = names, []
        self.exceptions = always(succeeded(answered())).exceptions

    def start_sync_execution(self, *, stateMachineArn, input):  # noqa: A002, N803 - boto3's names
        self.started.append(stateMachineArn)
        if stateMachineArn.endswith(self.names):
            raise ClientError({"Error": {"Code": "AccessDeniedException"}}, "StartSyncExecution")
        return {"status": "SUCCEEDED"}


def test_a_team_whose_application_has_no_workflow_may_start_its_own_though_iam_refuses_the_other():
    """IAM is asked first, so that a name that does not exist looks like one that is forbidden."""
    denying, callers = Denying("_web"), workflows()

    assert callers.start(denying, "{}", WEB) == {"status": "SUCCEEDED"}
    assert denying.started == [f"{PREFIX}search_web", f"{PREFIX}search"]


def test_who_may_start_neither_is_told_by_iam():
    with pytest.raises(ClientError, match="AccessDenied"):
        workflows().start(Denying("_web", "search"), "{}", WEB)


def test_tags_without_a_team_name_no_workflow():
    with pytest.raises(ValueError, match=r"name no team.*state_machine_arn"):
        workflows().arn({"application": "web"})


def test_a_given_workflow_is_started_whatever_the_tags_say():
    step_functions = always(succeeded(answered()))

    Workflows(ARN, never_asked).start(step_functions, "{}", WEB)

    assert step_functions.started == [ARN]


def test_a_given_workflow_that_is_not_there_is_not_looked_for_elsewhere():
    step_functions = always(succeeded(answered()))

    with pytest.raises(step_functions.exceptions.StateMachineDoesNotExist):
        Workflows(f"{ARN}-gone", never_asked).start(step_functions, "{}", WEB)
