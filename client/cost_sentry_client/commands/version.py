from cost_sentry_client.run import Run, local_command


@local_command
def version(run: Run) -> None:
    """Which cost-sentry this is, and which prices it carries."""
    from importlib.metadata import version as installed

    from cost_sentry.adapters.packaged_price_book import PackagedPriceBook

    facts = {"version": installed("cost-sentry"), "priceBook": PackagedPriceBook().version}
    run.answer(facts, f"cost-sentry {facts['version']}, price book {facts['priceBook']}")
