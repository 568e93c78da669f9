"""Every rung of a ladder must be a listed, cheaper model whose abilities are known.

None may be dearer than one before it: a ladder leads down. Only what stands in for an endpoint may
be dearer than that: it serves while the endpoint sleeps. Of two of which each is cheaper for some
calls, as one is for prompts and the other for answers, either may come first.
"""

from collections.abc import Iterator, Sequence

from cost_sentry.application.ports import PriceBook
from cost_sentry.domain.price_book import ModelPrice
from cost_sentry_client.config_file.problems import Finding, Path, quoted
from cost_sentry_client.config_file.shapes import ModelShape, SentryFile
from cost_sentry_client.config_file.unlisted_model import unlisted_model


def ladder_findings(file: SentryFile, book: PriceBook, known: Sequence[str]) -> Iterator[Finding]:
    """What is wrong with the ladders; ``known`` are ids to suggest for a misspelt one."""
    for id_, model in file.models.items():
        ladder = model.ladder if model else []
        for i, rung in enumerate(ladder):
            path: Path = ("models", id_, "ladder", i)
            finding = (
                _misplaced(path, id_, rung, ladder[:i])
                or _unlisted(path, rung, file, known)
                or (None if _is_endpoint(model) else _dearer(path, id_, rung, book))
                or _climbs(path, ladder[:i], rung, book)
                or _unknown_abilities(path, rung, book)
            )
            if finding:
                yield finding


def _is_endpoint(model: ModelShape | None) -> bool:
    return model is not None and model.endpoint is not None


def _misplaced(path: Path, id_: str, rung: str, before: Sequence[str]) -> Finding | None:
    if rung == id_:
        return Finding(path=path, problem="a model on its own ladder", allowed="other models")
    if rung in before:
        return Finding(path=path, problem=f"{quoted(rung)} is named twice", allowed="each once")
    return None


def _unlisted(path: Path, rung: str, file: SentryFile, known: Sequence[str]) -> Finding | None:
    if rung in file.models:
        return None
    return unlisted_model(path, rung, file, known)


def _dearer(path: Path, id_: str, rung: str, book: PriceBook) -> Finding | None:
    asked, stand_in = book.price(id_), book.price(rung)
    if asked is None or stand_in is None or _cheaper(stand_in, asked):
        return None
    return Finding(
        path=path,
        problem=f"{quoted(rung)} is not cheaper than {id_}: {_rates(stand_in)} against "
        f"{_rates(asked)} dollars per million tokens in / out",
        allowed="models that cost no more for a token in or out, and less for one of them",
    )


def _climbs(path: Path, before: Sequence[str], rung: str, book: PriceBook) -> Finding | None:
    price = book.price(rung)
    for earlier in before:
        other = book.price(earlier)
        if price and other and _cheaper(other, price):
            return Finding(
                path=path,
                problem=f"{quoted(rung)} is dearer than {earlier}, which comes before it: "
                f"{_rates(price)} against {_rates(other)} dollars per million tokens in / out",
                allowed=f"cheaper models further down: {quoted(rung)} before {quoted(earlier)}",
            )
    return None


def _cheaper(price: ModelPrice, than: ModelPrice) -> bool:
    ours, theirs = price.rates, than.rates
    no_dearer = ours.input <= theirs.input and ours.output <= theirs.output
    return no_dearer and (ours.input, ours.output) != (theirs.input, theirs.output)


def _rates(price: ModelPrice) -> str:
    # A picodollar per token is a millionth of a dollar per million tokens.
    shown = (
        f"{rate // 10**6}.{rate % 10**6:06d}" for rate in (price.rates.input, price.rates.output)
    )
    return " / ".join(text.rstrip("0").ljust(text.index(".") + 3, "0") for text in shown)


def _unknown_abilities(path: Path, rung: str, book: PriceBook) -> Finding | None:
    if book.price(rung) is None or book.card(rung) is not None:
        return None
    return Finding(
        path=path,
        problem=f"nobody wrote down what {quoted(rung)} can do, so it never stands in",
        allowed="models with a model card (functions/cost_sentry/data/model_cards.toml)",
    )
