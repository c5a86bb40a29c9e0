"""The text of a token: its form, and that it does not get out."""

from __future__ import annotations

import copy
import hashlib
import json
import logging
import pickle
import re
from dataclasses import dataclass

import pytest

from dmod.accounts.secret import Secret, digest_of, id_of, is_same, new_token


def test_token_has_the_form_that_scanners_know():
    token_id, secret = new_token()
    assert re.fullmatch(rf"dmod_{token_id}_[A-Za-z0-9]{{43}}", secret.reveal())
    assert re.fullmatch(r"[a-z0-9]{12}", token_id)
    assert id_of(secret) == token_id


def test_tokens_are_all_different_and_use_all_letters():
    made = [new_token() for _ in range(300)]
    assert len({token_id for token_id, _ in made}) == 300
    assert len({secret.reveal().split("_")[2] for _, secret in made}) == 300
    assert len(set("".join(secret.reveal().split("_")[2] for _, secret in made))) == 62


@pytest.mark.parametrize(
    "change",
    [
        lambda t: "",
        lambda t: t[:-1],
        lambda t: t + "a",
        lambda t: t + "\n",
        lambda t: " " + t,
        lambda t: t.upper(),
        lambda t: t.replace("dmod_", "dmo_", 1),
        lambda t: t[:-1] + "ä",
        lambda t: t[:-1] + "\ud800",
        lambda t: t[:-1] + "-",
        lambda t: t.split("_")[2],
    ],
)
def test_text_that_is_no_token_has_no_id(change):
    _, secret = new_token()
    changed = Secret(change(secret.reveal()))
    assert id_of(changed) == ""
    assert digest_of(changed) != digest_of(secret)


def test_digest_is_that_of_the_whole_text():
    secret = Secret("dmod_abcdefghijkl_" + "x" * 43)
    assert digest_of(secret) == hashlib.sha256(secret.reveal().encode()).digest()
    assert is_same(digest_of(secret), digest_of(Secret(secret.reveal())))
    assert not is_same(digest_of(secret), digest_of(Secret(secret.reveal() + "x")))


@dataclass(frozen=True, slots=True)
class Holding:
    secret: Secret


def test_secret_is_in_no_text_of_it(caplog):
    text = new_token()[1].reveal()
    secret = Secret(text)
    with caplog.at_level(logging.INFO):
        logging.getLogger("trial").info("%s %r %s", secret, secret, Holding(secret))
    shown = [
        str(secret), repr(secret), f"{secret}", f"{secret!r:>80}", f"{secret:>80}", "%s" % secret,  # noqa: UP031
        str([secret]), repr({"a": secret}), repr(Holding(secret)),
        str(ValueError(secret)), caplog.text, str(dir(secret)),
    ]  # fmt: skip
    assert not [one for one in shown if text in one or text[-20:] in one]
    assert not hasattr(secret, "__dict__")


def test_secret_is_not_written_by_pickle_json_or_hash():
    secret = new_token()[1]
    with pytest.raises(TypeError):
        pickle.dumps(secret)
    with pytest.raises(TypeError):
        json.dumps(secret)
    with pytest.raises(TypeError):
        hash(secret)
    with pytest.raises(TypeError):
        copy.copy(secret)


def test_secrets_are_equal_by_their_text():
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert Secret("ä\ud800") == Secret("ä\ud800")
