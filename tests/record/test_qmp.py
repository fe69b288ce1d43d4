# SPDX-License-Identifier: MIT
"""The conversation with QEMU, held with a server that is none."""

from __future__ import annotations

import json
import socket
import threading

import pytest

from workloads.record.errors import RecordingFailed
from workloads.record.qmp import Qmp

GREETING = b'{"QMP": {"version": {}}}\n'
DONE = b'{"return": {}}\n'
EVENT = b'{"event": "BALLOON_CHANGE", "data": {"actual": 1}}\n'


@pytest.fixture
def serve(tmp_path):
    """A server that greets, then sends one answer for each line it reads."""
    threads = []

    def start(greeting: bytes, *answers: bytes):
        path = tmp_path / "qmp"
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(path))
        listener.listen(1)
        heard: list[dict] = []

        def talk() -> None:
            connection, _ = listener.accept()
            with listener, connection, connection.makefile("rwb") as file:
                file.write(greeting)
                file.flush()
                for answer in answers:
                    heard.append(json.loads(file.readline()))
                    file.write(answer)
                    file.flush()

        threads.append(threading.Thread(target=talk))
        threads[-1].start()
        return path, heard

    yield start
    for thread in threads:
        thread.join(10)
        assert not thread.is_alive()


def test_commands_are_answered_and_events_are_not_answers(serve):
    path, heard = serve(
        GREETING, DONE, EVENT + EVENT + b'{"return": {"actual": 5}}\n'
    )
    qmp = Qmp(path, 10)
    assert qmp.execute("query-balloon") == {"actual": 5}
    qmp.close()
    assert heard == [
        {"execute": "qmp_capabilities"},
        {"execute": "query-balloon"},
    ]


def test_arguments_are_sent_along(serve):
    path, heard = serve(GREETING, DONE, DONE)
    qmp = Qmp(path, 10)
    qmp.execute("balloon", value=1 << 30)
    qmp.close()
    assert heard[1] == {"execute": "balloon", "arguments": {"value": 1 << 30}}


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (b'{"error": {"desc": "No balloon"}}\n', "balloon: No balloon"),
        (b"", "QEMU ended the conversation"),
        (b'{"return"', "QEMU ended the conversation"),
        (b"hello\n", "expected a JSON object"),
        (b"[1]\n", "expected a JSON object"),
    ],
)
def test_what_is_no_answer_ends_the_recording(serve, answer, message):
    path, _ = serve(GREETING, DONE, answer)
    qmp = Qmp(path, 10)
    with pytest.raises(RecordingFailed, match=message):
        qmp.execute("balloon", value=1)
    qmp.close()


def test_who_does_not_greet_is_not_qemu(serve):
    path, _ = serve(b'{"hello": 1}\n')
    with pytest.raises(RecordingFailed, match="expected QEMU's greeting"):
        Qmp(path, 10)


def test_an_answer_that_does_not_come_is_not_waited_for_for_ever(tmp_path):
    path = tmp_path / "qmp"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen(1)
        with pytest.raises(RecordingFailed, match="no answer"):
            Qmp(path, 0.1)
