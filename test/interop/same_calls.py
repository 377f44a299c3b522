"""Makes the same calls to two queues as a Python client, and tells what came of them: what callers are told, what monitors see, what is
dead-lettered. Prints "settled" when all have ended, and the report after SIGTERM, when what the workers said last has arrived."""

import os
import signal
import sys
import time
import uuid
from functools import partial

from celery import Celery, states
from kombu import Consumer, Queue
from kombu.utils import json

QUEUES = ("ours", "theirs")
# Ends of a task that somebody is told.
ENDS = {"task-succeeded", "task-failed", "task-revoked"}


def client(**settings):
    app = Celery(broker=os.environ["BROKER_URL"], backend="rpc://", set_as_current=False)
    # As is the default from Celery 5.7 on.
    app.conf.update(control_queue_exclusive=True, event_queue_exclusive=True, **settings)
    return app


class Observer:
    """All that is said about the calls, by their ids."""

    def __init__(self, app, connection):
        self.told = {}
        self.seen = {}
        self.heartbeats = {}
        self.backend = app.backend
        self.connection = connection
        channel = connection.default_channel
        self.results = f"results-{uuid.uuid4()}"
        queue = Queue(self.results, exclusive=True, auto_delete=True, durable=False, routing_key=self.results)
        Consumer(channel, [queue(channel)], callbacks=[self.on_result], no_ack=True, accept=["json"]).consume()
        receiver = app.events.Receiver(channel, handlers={"*": self.on_event})
        for consumer in receiver.get_consumers(partial(Consumer, channel), channel):
            consumer.consume()

    def on_result(self, body, message):
        self.told.setdefault(body["task_id"], []).append(self.backend.meta_from_decoded(body))

    def on_event(self, event):
        if "uuid" in event:
            self.seen.setdefault(event["uuid"], []).append(event)
        elif event["type"] == "worker-heartbeat":
            self.heartbeats[event["hostname"]] = sorted(event)

    def drain(self, seconds):
        """Whether anything came."""
        try:
            self.connection.drain_events(timeout=seconds)
        except TimeoutError:
            return False
        return True

    def has_ended(self, call_id):
        return any(event["type"] in ENDS for event in self.seen.get(call_id, []))


def send(case, queue, call_id, observer, apps):
    if case.get("revoked"):
        replies = apps[2].control.revoke(call_id, reply=True, timeout=15, limit=2)
        assert len(replies) == 2, replies
    if "body" in case:
        headers = {"task": case["task"], "id": call_id, "lang": "py", **case.get("headers", {})}
        observer.connection.Producer().publish(
            case["body"],
            exchange="",
            routing_key=queue,
            content_type=case.get("content_type", "application/json"),
            content_encoding="utf-8",
            headers=headers,
            reply_to=observer.results,
        )
        return
    args = [time.time(), *case["args"]] if case.get("timed") else case.get("args", [])
    # The same text for both, though the times differ.
    shown_args = {"argsrepr": "(...)"} if case.get("timed") else {}
    options = {"queue": queue, "task_id": call_id, "reply_to": observer.results, **shown_args, **case.get("options", {})}
    apps[case.get("protocol", 2)].send_task(case["task"], args, case.get("kwargs", {}), **options)


def shown(value, call_id):
    if isinstance(value, BaseException):
        return {"exception": name_of(type(value)), "args": repr(value.args).replace(call_id, "ID")}
    return {"type": name_of(type(value)), "value": repr(value).replace(call_id, "ID")}


def name_of(cls):
    return f"{cls.__module__}.{cls.__qualname__}"


# Who ends a try and who runs the next one tell so on connections of their own: their order is chance, also with Celery's worker.
FIRST = ("task-received", "task-started", "task-retried", states.RETRY)


def numbered(entries):
    """By kind, the second one of a kind with a number, and their order."""
    kinds = [kind for kind, _ in entries]
    if {"task-retried", states.RETRY} & set(kinds):
        kinds.sort(key=lambda kind: FIRST.index(kind) if kind in FIRST else len(FIRST))
    found = {"order": " ".join(kinds)}
    for kind, facts in entries:
        times = sum(each == kind or each.startswith(f"{kind} ") for each in found)
        found[kind if times == 0 else f"{kind} {times + 1}"] = facts
    return found


def state(meta, call_id):
    kind = meta["status"]
    # Processes and nodes differ.
    result = {key: type(value).__name__ for key, value in meta["result"].items()} if kind == states.STARTED else meta["result"]
    return kind, {
        "fields": " ".join(sorted(meta)),
        "result": shown(result, call_id),
        "traceback": bool(meta["traceback"]),
        "children": repr(meta["children"]).replace(call_id, "ID"),
        "date_done": type(meta.get("date_done")).__name__,
    }


# Of the worker and of the moment.
PRESENT = {"hostname", "pid", "clock", "timestamp", "local_received", "runtime", "traceback", "eta", "expires"}


def event(fields, call_id):
    # 0 is written as 0.0 by Python.
    fields = {**fields, "utcoffset": float(fields["utcoffset"])}
    facts = {key: type(value).__name__ if key in PRESENT else text(value).replace(call_id, "ID") for key, value in fields.items()}
    return facts.pop("type"), facts


def text(value):
    return value if isinstance(value, str) else repr(value)


def dead_letters(channel, queue):
    """Headers of the broker and of the worker by the id of the task; one without an id counts as its own."""
    found = {}
    while (message := channel.basic_get(f"{queue}.dlq", no_ack=True)) is not None:
        headers = message.headers
        reason = headers.get("x-reject-reason") or headers.get("x-first-death-reason")
        found[headers.get("id") or json.loads(message.body).get("id")] = reason
    return found


def main():
    cases = json.loads(sys.argv[1])
    apps = {1: client(task_protocol=1), 2: client()}
    ids = {(case["name"], queue): str(uuid.uuid4()) for case in cases for queue in QUEUES}
    over = []
    signal.signal(signal.SIGTERM, lambda *_: over.append(True))
    with client(broker_url=os.environ["MONITOR_URL"]).connection() as connection:
        observer = Observer(apps[2], connection)
        for case in cases:
            for queue in QUEUES:
                send(case, queue, ids[case["name"], queue], observer, apps)
        awaited = {ids[case["name"], queue] for case in cases if not case.get("silent") for queue in QUEUES}
        while awaited and not over:
            observer.drain(0.2)
            awaited = {each for each in awaited if not observer.has_ended(each)}
        print("settled", flush=True)
        while not over:
            observer.drain(0.2)
        while observer.drain(1):
            pass
        channel = connection.channel()
        dead = {queue: dead_letters(channel, queue) for queue in QUEUES}
        left = {queue: channel.queue_declare(queue, passive=True).message_count for queue in QUEUES}
    calls = {
        case["name"]: {
            queue: {
                "states": numbered([state(meta, key) for meta in observer.told.get(key, [])]),
                "events": numbered([event(each, key) for each in observer.seen.get(key, [])]),
                "dead letter": dead[queue].get(key),
            }
            for queue in QUEUES
            for key in [ids[case["name"], queue]]
        }
        for case in cases
    }
    unfinished = [name for (name, queue), key in ids.items() if key in awaited]
    print(json.dumps({"calls": calls, "left": left, "heartbeats": observer.heartbeats, "unfinished": unfinished}), flush=True)


main()
