"""Users and tokens over a real gateway."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dmod.client.blocking import Client
from dmod.errors import NotAuthenticated, NotPermitted
from dmod.testing.served_gateway import ServedGateway


def test_user_gets_a_token_and_loses_it(gateway: ServedGateway) -> None:
    with Client(gateway.url, gateway.token("root")) as root:
        assert root.create_user("grace")["role"] == "user"
        made = root.create_token("laptop", user="grace", lifetime=timedelta(hours=1))
        with Client(gateway.url, made["text"]) as grace:
            assert grace.get("me")["user"] == "grace"
            assert grace.submit({"kind": "probe"}).owner == "grace"
            root.change_user("grace", role="viewer")
            with pytest.raises(NotPermitted):
                grace.submit({"kind": "probe"})
            assert made["id"] in [item["id"] for item in root.tokens("grace")]
            assert root.revoke_token(made["id"])["revoked"]
            with pytest.raises(NotAuthenticated):
                grace.get("me")
        assert root.change_user("grace", disabled=True)["disabled"]
        assert [user["name"] for user in root.users()] == ["anna", "grace", "root", "vera"]
