"""Starts the stand-ins once, hands out their credentials, and listens where a merchant would listen for notices."""

import json
import os
import queue
import subprocess
import threading
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests


class StandIns:
    """Address, credentials and levers of the running stand-ins."""

    def __init__(self, address, credentials):
        self.address = address
        self.credentials = credentials

    def control(self, verb, **body):
        answer = requests.post(f"{self.address}/control/{verb}", json=body, timeout=5)
        assert answer.status_code in (200, 204), (answer.status_code, answer.text)
        return answer.json() if answer.content else None

    def ask(self, noun, **query):
        answer = requests.get(f"{self.address}/control/{noun}", params=query, timeout=5)
        answer.raise_for_status()
        return answer.json()["items"]

    def switched(self, fault):
        """A context in which one fault is on."""
        return Switched(self, fault)


class Switched:
    def __init__(self, stand_ins, fault):
        self.stand_ins, self.fault = stand_ins, fault

    def __enter__(self):
        self.stand_ins.control("switch", fault=self.fault, on=True)

    def __exit__(self, *_):
        self.stand_ins.control("switch", fault=self.fault, on=False)


@pytest.fixture(scope="session")
def stand_ins(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sandbox")
    process = subprocess.Popen([os.environ["STANDALONE"], str(folder)], stdout=subprocess.PIPE, text=True)
    try:
        told = json.loads(process.stdout.readline())
        with open(told["credentials"], encoding="utf-8") as file:
            yield StandIns(told["address"], json.load(file))
    finally:
        process.terminate()
        process.wait(timeout=10)


class Receiver:
    """A merchant's notice address: keeps what arrives as (headers, body) and answers with `status`."""

    def __init__(self):
        self.received = queue.Queue()
        self.statuses = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.received.put((dict(self.headers), body))
                self.send_response(receiver.statuses.pop(0) if receiver.statuses else 204)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/notify"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def next(self, seconds=10):
        headers, body = self.received.get(timeout=seconds)
        return {name.title(): value for name, value in headers.items()}, body

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def receiver():
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture
def number():
    """A fresh order number."""
    return uuid.uuid4().hex
