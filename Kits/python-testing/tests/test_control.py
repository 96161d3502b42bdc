"""The plugin itself."""

import threading

import pytest
from pytest_gatehouse import ControlError, GatehouseProcess, Options


def test_tests_do_not_see_each_other(gatehouse):
    gatehouse.add_user("linus", "Linus")
    gatehouse.advance(86_400)
    gatehouse.session("linus")


def test_the_next_test_begins_anew(gatehouse):
    with pytest.raises(ControlError, match="no user linus"):
        gatehouse.session("linus")


def test_refusals_say_what_to_change(gatehouse):
    with pytest.raises(ControlError, match="there is no fault"):
        gatehouse.fault("gremlin")
    with pytest.raises(ControlError, match="must be one of"):
        gatehouse.mint("crooked")


def test_clients_and_resources_come_and_go(gatehouse):
    client = gatehouse.register_client("https://client.example/cb", method="client_secret_basic")
    assert client["client_secret"] and client["redirect_uris"] == ["https://client.example/cb"]
    assert client["client_id"] in [row["client_id"] for row in gatehouse.clients()]
    gatehouse.remove_client(client["client_id"])
    added = gatehouse.add_resource("https://second.example/mcp", ["second:read"])
    session = gatehouse.session(resource=added.uri)
    assert session.claims["aud"] == added.uri and session.claims["scope"].split()[0] == "second:read"
    gatehouse.remove_resource(added.uri)
    with pytest.raises(ControlError, match="there is no resource"):
        gatehouse.session(resource=added.uri)


def test_requests_can_be_waited_for(gatehouse):
    gatehouse.session()
    assert gatehouse.requests("/oauth2/token", count=1)[0]["form"]["code"] == "<redacted>"
    with pytest.raises(ControlError, match="timeout"):
        gatehouse.requests("/oauth2/token", count=50, timeout=0)


def test_keys_of_the_configuration_can_be_given(gatehouse_options):
    config = {"tokens": {"access_token_lifetime": "90s"}}
    with GatehouseProcess(Options(config=config, binary=gatehouse_options.binary)) as server:
        claims = server.session().claims
        assert claims["exp"] - claims["iat"] == 90


def test_a_wrong_key_is_named(gatehouse_options):
    with pytest.raises(RuntimeError, match="tokns: unknown key"):
        GatehouseProcess(Options(config={"tokns": {}}, binary=gatehouse_options.binary))


def test_a_held_request_waits_for_the_test(gatehouse):
    with gatehouse.hold(endpoint="/oauth2/token") as hold:
        sessions = []
        login = threading.Thread(target=lambda: sessions.append(gatehouse.session()))
        login.start()
        hold.wait()
        assert not sessions
        assert hold.release() == 1
        login.join(60)
    assert sessions[0].subject
    assert gatehouse.server_requests("token", count=1)[0]["status"] == 200
    assert gatehouse.audit("token.issued")[0]["client_id"] == sessions[0].client_id


def test_an_upstream_comes_and_goes(gatehouse):
    gatehouse.add_upstream("chat", "slack-nested", on_demand=True)
    assert [row["name"] for row in gatehouse.upstreams()] == ["github", "chat"]
    gatehouse.remove_upstream("chat")
    assert [row["name"] for row in gatehouse.upstreams()] == ["github"]


def test_servers_of_one_process_share_nothing(gatehouse):
    with gatehouse.start_server(upstreams=["dev"]) as other:
        assert other.issuer != gatehouse.issuer and other.resource.client_secret != gatehouse.resource.client_secret
        gatehouse.add_user("linus")
        with pytest.raises(ControlError, match="no user linus"):
            other.session("linus")
        other.advance(3600)
        assert other.now() - gatehouse.now() > 3000
    with pytest.raises(ControlError, match="there is no server"):
        other.stop()
