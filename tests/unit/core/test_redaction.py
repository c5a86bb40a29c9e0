"""No secret goes through, whatever is around it, and what is none stays."""

from __future__ import annotations

import io
import json
import logging
import string
from base64 import b64encode
from urllib.parse import quote

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from dmod.accounts.secret import new_token
from dmod.core.redaction import HIDDEN, RedactingFilter, guard_logging, redact, redacted

ALNUM = string.ascii_letters + string.digits
AWS = ALNUM + "/+"
AROUND = st.text(max_size=60)
APART = st.sampled_from(["", " ", "\n", '"', "'", ",", "(", ")", "=", ": ", "\t", "[", "/"])

tokens = st.builds(
    lambda i, s: f"dmod_{i}_{s}",
    st.text(string.ascii_lowercase + string.digits, min_size=12, max_size=12),
    st.text(ALNUM, min_size=43, max_size=43),
)
aws_keys = st.text(AWS, min_size=37, max_size=37).map(lambda key: f"a{key[:20]}B{key[20:]}3")
passwords = st.text(st.characters(exclude_categories=["Z", "C"]), min_size=6, max_size=40).filter(
    lambda word: not word[:5].isdigit()
)


def secret_of(token: str) -> str:
    return token.rsplit("_", 1)[1]


@given(AROUND, APART, tokens, APART, AROUND)
def test_token_anywhere_is_taken_out(before, left, token, right, after):
    assume(secret_of(token) not in before + after)
    assert secret_of(token) not in redact(before + left + token + right + after)


def test_token_keeps_its_public_id():
    assert redact("used dmod_abcdefghijk1_" + "x" * 43 + " twice") == "used dmod_abcdefghijk1_*** twice"


def test_token_that_accounts_make_is_taken_out():
    token_id, text = new_token()
    assert redact(f"<{text.reveal()}>") == f"<dmod_{token_id}_***>"


@given(
    AROUND,
    st.sampled_from(["postgresql", "redis", "https", "s3+x"]),
    st.sampled_from(["", "dmod"]),
    passwords,
)
@example("", "postgresql", "u", "p@ss/w?rd#1:x")
@example("", "https", "u", "8000x/secret")
def test_password_in_address_is_taken_out(before, scheme, user, password):
    assume(password not in before)
    text = redact(f"{before} {scheme}://{user}:{password}@db.example.org:5432/dmod failed")
    assert password not in text
    assert text.endswith(f"{HIDDEN}@db.example.org:5432/dmod failed")


@given(passwords)
def test_quoted_password_in_address_is_taken_out(password):
    written = quote(password, safe="")
    assert written not in redact(f"sqlalchemy: postgresql://dmod:{written}@db/dmod?sslmode=require")


@pytest.mark.parametrize(
    "text",
    [
        "GET http://127.0.0.1:8000/v1/datasets/logan@1 200",
        "http://[::1]:8000/v1/datasets/logan@1",
        "https://example.org/a:b@c",
        "s3://basins/dmod logan@1",
        "postgresql://dmod@db.example.org:5432/dmod",
        "job 01J8ZK:simulate:1 at 12:30:00, mail alice@example.org",
        "sha1 3f786850e387550fdab836ed7e6dc881de23001b",
        "sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "dmod_accounts_revision dmod_index_revision dmod.services.accounts",
        "the authorization of alice has ended; the bearer is unknown",
        "tokens: 3, passwords are not kept, secrets none",
        "cat-27 discharge=1.5 tokenize=yes",
    ],
)
def test_what_is_no_secret_stays(text):
    assert redact(text) == text


@given(st.sampled_from(["Basic", "Bearer", "Digest", "Token", "AWS4-HMAC-SHA256", "bearer"]), passwords)
def test_authorization_header_is_taken_out(scheme, password):
    credential = b64encode(password.encode()).decode() + "q7"
    value = f"{scheme} {credential}"
    for text in (
        f"Authorization: {value}",
        f"> authorization: {value}\nhost: x",
        f"proxy-authorization={value}",
        repr({"Authorization": value, "host": "x"}),
        json.dumps({"a": 1, "authorization": value}),
        json.dumps(json.dumps({"authorization": value, "host": "x"})),
        repr([(b"authorization", value.encode()), (b"host", b"x")]),
    ):
        assert credential not in redact(text), text


def test_authorization_header_leaves_other_headers():
    assert redact("authorization: Basic abc=\nhost: x") == f"authorization: {HIDDEN}\nhost: x"
    shown = json.loads(redact(json.dumps({"authorization": "Basic abc=", "host": "x"})))
    assert shown == {"authorization": HIDDEN, "host": "x"}


@given(st.text(ALNUM + "._~+/-", min_size=8, max_size=80))
def test_bearer_without_header_is_taken_out(credential):
    assert redact(f"sent Bearer {credential}") == f"sent Bearer {HIDDEN}"


@given(AROUND, aws_keys, AROUND)
def test_aws_secret_key_alone_is_taken_out(before, key, after):
    assume(key not in before + after)
    assert key not in redact(f"{before} {key} {after}")


@given(
    st.sampled_from(
        [
            "aws_secret_access_key",
            "AWS_SECRET_ACCESS_KEY",
            "SecretAccessKey",
            "secret_key",
            "secret-access-key",
        ]
    ),
    st.text(AWS, min_size=40, max_size=40),
)
def test_aws_secret_key_that_is_named_is_taken_out(name, key):
    for text in (
        f"{name}={key}",
        f"{name} = {key}",
        repr({name: key}),
        json.dumps({name: key}),
        f"{name}: {key}",
    ):
        assert key not in redact(text), text


@given(
    passwords.filter(lambda word: "&" not in word), st.sampled_from(["password", "sslpassword", "PGPASSWORD"])
)
def test_password_that_is_named_is_taken_out(password, name):
    for text in (
        f"host=x {name}={password} user=y",
        repr({name: f"a {password} b"}),
        f"?a=b&{name}={password}&c=d",
    ):
        assert password not in redact(text), text


def test_token_in_query_is_taken_out_and_the_rest_stays():
    assert redact("GET /events?token=abc.def&after=3 101") == "GET /events?token=***&after=3 101"


PIECES = [
    "authorization: ",
    "Bearer ",
    "password=",
    "://u:",
    "@",
    '"',
    "'",
    "\\",
    " ",
    "\n",
    "token=",
    ":",
    "***",
]


@given(st.lists(AROUND | tokens | aws_keys | passwords | st.sampled_from(PIECES), max_size=8).map("".join))
def test_redaction_done_twice_is_done_once(text):
    assert redact(redact(text)) == redact(text)


@pytest.mark.parametrize(
    "piece", ["://a:", "://", "authorization:", 'password="', '\\"', "dmod_", "bearer ", "aA1/", "a"]
)
def test_long_text_of_one_piece_ends(piece):
    assert isinstance(redact(piece * 20_000), str)


# Values


def test_values_are_redacted_wherever_texts_are():
    _, token = new_token()
    text = token.reveal()
    value = {
        "a": [text, 1, (text, None, b"x" + text.encode())],
        "password": "p",
        "n": 2.5,
        "error": ValueError(text),
    }
    clean = redacted(value)
    assert text not in str(clean)
    assert text.encode() not in clean["a"][2][2]
    assert clean["password"] == HIDDEN
    assert clean["n"] == 2.5
    assert clean["a"][1] == 1
    assert redacted([(b"authorization", b"Basic eA=="), (b"host", b"x")]) == [
        (b"authorization", b"***"),
        (b"host", b"x"),
    ]


# Log records


@pytest.fixture
def log():
    """Return a logger that writes to text, as a program has it."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(logging.Formatter("%(levelname)s %(message)s"))
    handler.addFilter(RedactingFilter())
    logger = logging.Logger("trial")
    logger.addHandler(handler)
    logger.written = written.getvalue  # type: ignore[attr-defined]
    return logger


SECRET = "dmod_abcdefghijk1_" + "s3cretS" * 6 + "x"


class Shown:
    def __str__(self) -> str:
        return f"<{SECRET}>"


class Broken:
    def __str__(self) -> str:
        raise RuntimeError(SECRET)

    __repr__ = object.__repr__


def test_log_of_secret_in_message_arguments_and_objects_is_clean(log):
    log.info("plain " + SECRET)
    log.info("argument %s and %d", SECRET, 7)
    log.info("object %s", Shown())
    log.info("by name %(who)s", {"who": SECRET})
    log.info(ValueError(SECRET))
    log.info("Authorization: %s", "Basic c2VjcmV0")
    text = log.written()
    assert "s3cretS" not in text
    assert "c2VjcmV0" not in text
    assert text.count("\n") == 6
    assert "argument dmod_abcdefghijk1_*** and 7" in text


def test_log_of_exception_is_clean_and_tells_what_happened(log):
    try:
        try:
            raise KeyError(SECRET)
        except KeyError as error:
            raise ConnectionError("postgresql://dmod:hidden-word@db/dmod refused") from error
    except ConnectionError:
        log.exception("failed")
    text = log.written()
    assert "s3cretS" not in text
    assert "hidden-word" not in text.replace('raise ConnectionError("postgresql://dmod:hidden-word@db', "")
    assert "ConnectionError: postgresql://dmod:***@db/dmod refused" in text
    assert "Traceback" in text


def test_log_of_exception_without_secret_keeps_the_exception(log):
    records = []
    log.handlers[0].addFilter(lambda record: records.append(record) or True)
    try:
        raise KeyError("cat-1")
    except KeyError:
        log.exception("failed")
    assert records[0].exc_info is not None
    assert "KeyError: 'cat-1'" in log.written()


def test_log_of_stack_and_of_more_is_clean(log):
    records = []
    log.handlers[0].addFilter(lambda record: records.append(record) or True)
    log.info("x", stack_info=True, extra={"headers": {"authorization": "Basic eA=="}, "note": SECRET, "n": 3})
    (record,) = records
    assert record.headers == {"authorization": HIDDEN}
    assert "s3cretS" not in record.note
    assert record.n == 3
    assert record.stack_info


def test_log_of_message_that_cannot_be_made_is_written_clean(log, capsys):
    log.info("two %s %s", SECRET)  # noqa: PLE1206
    log.info("broken %s %s", Broken(), SECRET)
    text = log.written()
    assert text.count("INFO") == 2
    assert "s3cretS" not in text + capsys.readouterr().err


def test_log_arguments_stay_apart_for_formatters_that_want_them(log):
    records = []
    log.handlers[0].addFilter(lambda record: records.append(record) or True)
    log.info('%s - "%s %s" %d', "10.0.0.1", "GET", f"/events?token={SECRET}&after=1", 200)
    assert records[0].args == ("10.0.0.1", "GET", "/events?token=***&after=1", 200)


def test_guarded_logging_covers_loggers_below_and_is_added_once():
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    root = logging.getLogger("dmod-redaction-trial")
    root.addHandler(handler)
    try:
        guard_logging("dmod-redaction-trial")
        guard_logging("dmod-redaction-trial")
        assert sum(isinstance(known, RedactingFilter) for known in handler.filters) == 1
        logging.getLogger("dmod-redaction-trial.below").warning(SECRET)
    finally:
        root.removeHandler(handler)
        for other in (*logging.getLogger().handlers, logging.lastResort):
            for known in [f for f in other.filters if isinstance(f, RedactingFilter)]:
                other.removeFilter(known)
    assert written.getvalue() == "dmod_abcdefghijk1_***\n"
