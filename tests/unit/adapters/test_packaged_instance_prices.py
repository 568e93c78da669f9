"""List prices of instances: dated, exact, of their Region only."""

from datetime import date

from cost_sentry.adapters.packaged_instance_prices import PackagedInstancePrices
from cost_sentry.domain.money import picodollars


def test_a_list_price_is_exact_and_dated():
    book = PackagedInstancePrices("us-east-1", {})

    assert book.hourly()["ml.g5.xlarge"] == picodollars("1.408")
    assert date.fromisoformat(book.version.partition("+")[0]) == date(2026, 11, 29)


def test_another_region_has_no_known_price():
    assert PackagedInstancePrices("eu-central-1", {}).hourly() == {}
    assert PackagedInstancePrices(None, {}).hourly() == {}


def test_what_the_operator_says_goes_before_the_list():
    own = {"ml.g5.xlarge": 7, "ml.p5.48xlarge": 9}

    assert PackagedInstancePrices("eu-central-1", own).hourly() == own
    listed = PackagedInstancePrices("us-east-1", own).hourly()
    assert (listed["ml.g5.xlarge"], listed["ml.p5.48xlarge"]) == (7, 9)


def test_larger_instances_of_a_family_cost_more_or_the_list_has_a_slip():
    prices = PackagedInstancePrices("us-east-1", {}).hourly()
    sizes = {
        "g4dn": ("xlarge", "2xlarge", "4xlarge", "8xlarge"),
        "g5": ("xlarge", "2xlarge", "48xlarge"),
    }
    for family, ordered in sizes.items():
        found = [prices[f"ml.{family}.{size}"] for size in ordered]
        assert found == sorted(found)
    assert all(picodollars("0.05") < price < picodollars(200) for price in prices.values())
