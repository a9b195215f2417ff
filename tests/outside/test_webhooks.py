"""The published Standard Webhooks library takes what the mall sends: a ping, a paid order, and a secret being changed."""

import json
import os
import socket
import subprocess
import time

import pytest
import requests
from standardwebhooks import Webhook, WebhookVerificationError


class Mall:
    """A demo mall with its owner signed in."""

    def __init__(self, address):
        self.address = address
        owner = {"username": "admin", "password": "hefang-demo"}
        self.token = self.call("POST", "/admin/v1/session", owner)["token"]

    token = None

    def call(self, method, path, body=None, **headers):
        if self.token:
            headers = {"authorization": f"Bearer {self.token}"} | headers
        answer = requests.request(method, self.address + path, json=body, headers=headers, timeout=20)
        assert answer.ok, (path, answer.status_code, answer.text)
        return answer.json() if answer.content else None


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@pytest.fixture(scope="module")
def mall(tmp_path_factory):
    port, data = free_port(), tmp_path_factory.mktemp("mall")
    command = [os.environ["HEFANG"], "demo", "--port", str(port), "--data", str(data)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        address = f"http://127.0.0.1:{port}"
        for _ in range(1200):
            try:
                if requests.get(f"{address}/readyz", timeout=2).ok:
                    break
            except requests.RequestException:
                time.sleep(0.1)
        yield Mall(address)
    finally:
        process.terminate()
        process.wait(timeout=30)


def subscribe(mall, receiver, *kinds):
    made = mall.call("POST", "/admin/v1/webhooks", {"url": receiver.url, "kinds": list(kinds)})
    return made["webhook"]["id"], made["secret"]


def headers_of(headers):
    return {name.lower(): value for name, value in headers.items()}


def test_ping_is_verified(mall, receiver):
    endpoint, secret = subscribe(mall, receiver, "order.paid")
    mall.call("POST", f"/admin/v1/webhooks/{endpoint}/ping")
    headers, body = receiver.next()
    message = Webhook(secret).verify(body, headers_of(headers))
    assert (message["type"], message["data"]["endpoint_id"]) == ("ping", endpoint)
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(body + b" ", headers_of(headers))
    mall.call("DELETE", f"/admin/v1/webhooks/{endpoint}")


def test_both_secrets_are_taken_while_one_replaces_the_other(mall, receiver):
    endpoint, old = subscribe(mall, receiver, "order.paid")
    new = mall.call("POST", f"/admin/v1/webhooks/{endpoint}/rotate")["secret"]
    mall.call("POST", f"/admin/v1/webhooks/{endpoint}/ping")
    headers, body = receiver.next()
    for secret in (new, old):
        Webhook(secret).verify(body, headers_of(headers))
    mall.call("DELETE", f"/admin/v1/webhooks/{endpoint}")


def test_a_changed_product_arrives_after_a_failed_try(mall, receiver):
    endpoint, secret = subscribe(mall, receiver, "product.changed")
    receiver.statuses = [500]
    product = mall.call("GET", "/admin/v1/products")["items"][0]["id"]
    mall.call("POST", f"/admin/v1/products/{product}/status", {"status": "off_sale"})
    first, _ = receiver.next()
    second, body = receiver.next(seconds=20)
    assert headers_of(first)["webhook-id"] == headers_of(second)["webhook-id"]
    message = Webhook(secret).verify(body, headers_of(second))
    assert message["data"] == json.loads(body)["data"]
    assert (message["data"]["product_id"], message["data"]["status"]) == (product, "off_sale")
    for _ in range(50):
        log = mall.call("GET", f"/admin/v1/webhooks/{endpoint}/deliveries")["items"]
        if log[0]["state"] == "delivered":
            break
        time.sleep(0.1)
    assert (log[0]["state"], log[0]["attempts"]) == ("delivered", 2)
    mall.call("DELETE", f"/admin/v1/webhooks/{endpoint}")
