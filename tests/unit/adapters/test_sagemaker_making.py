"""The order that makes a plain endpoint again: what is handed over, and what is taken."""

import pytest
from botocore.exceptions import ClientError

from cost_sentry.adapters.sagemaker_making import make_again

CONFIG = {"EndpointConfigName": "c", "ProductionVariants": [{"VariantName": "main"}]}
DEPLOYMENT = {"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": {"Type": "ALL_AT_ONCE"}}}


class Orders:
    """SageMaker, which takes a configuration and perhaps an order."""

    def __init__(self, *answers):
        self.answers, self.taken = list(answers), []

    def describe_endpoint_config(self, **_):
        return CONFIG

    def create_endpoint(self, **asked):
        self.taken.append(asked)
        if answer := self.answers.pop(0):
            raise ClientError(
                {"Error": {"Code": answer[0], "Message": answer[1]}}, "CreateEndpoint"
            )


def kept(**more):
    return {"config": CONFIG, "tags": {}, **more}


def test_how_it_was_updated_is_handed_back_and_left_out_where_sagemaker_will_not_take_it():
    taken, refused = Orders(None), Orders(("ValidationException", "no such alarm"), None)

    for orders in (taken, refused):
        make_again(orders, "chat", kept(deployment=DEPLOYMENT))

    assert [one.get("DeploymentConfig") for one in taken.taken] == [DEPLOYMENT]
    assert [one.get("DeploymentConfig") for one in refused.taken] == [DEPLOYMENT, None]


def test_an_order_whose_answer_was_lost_and_that_is_sent_again_is_taken():
    orders = Orders(("ValidationException", "Cannot create already existing endpoint"))

    make_again(orders, "chat", kept())

    assert len(orders.taken) == 1


def test_another_refusal_is_a_refusal():
    with pytest.raises(ClientError):
        make_again(Orders(("ResourceLimitExceeded", "quota")), "chat", kept())
