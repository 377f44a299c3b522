"""Celery's and kombu's own code as the judge of our wire format: no broker, JSON in and JSON out."""

import base64
import json
import sys
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from uuid import UUID

import billiard.exceptions  # noqa: F401  A worker or client of Celery has it loaded.
import kombu.exceptions  # noqa: F401
from celery import Celery
from kombu import compression
from kombu.message import Message
from kombu.transport.native_delayed_delivery import calculate_routing_key
from kombu.utils import json as kombu_json

VALUES = [
    datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=timezone.utc),
    datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone(timedelta(hours=5, minutes=30))),
    datetime(1, 1, 1, tzinfo=timezone.utc),
    datetime(9999, 12, 31, 23, 59, 59, 999000, tzinfo=timezone.utc),
    date(2026, 1, 2),
    time(1, 2, 3, 4, tzinfo=timezone.utc),
    time(23, 59),
    Decimal("1.10"),
    Decimal("1E+5"),
    Decimal("-Infinity"),
    UUID("6ba7b810-9dad-11d1-80b4-00c04fd430c8"),
    "text".encode(),
    "ä\u0000".encode(),
    bytes(range(256)),
    b"",
    "lone \ud83d surrogate",
    "\U0001f600 \u2028 \u0000",
    9007199254740991,
    -9007199254740991,
    1e22,
    9007199254740992.0,
    -0.0,
    0.1,
    5e-324,
    1.7976931348623157e308,
    None,
    True,
    {"__type__": "x"},
    {"nested": [Decimal("2"), {"deep": date(2026, 1, 2)}], "": {}},
]


def values(_):
    return {"json": kombu_json.dumps(VALUES)}


def same_values(text):
    """Whether what came back is equal and of the same type, value by value; the names of those that are not."""
    ours = kombu_json.loads(text)
    assert len(ours) == len(VALUES)
    return [repr(v) for v, o in zip(VALUES, ours) if not same(v, o)]


def same(value, other):
    if isinstance(value, dict):
        return value.keys() == other.keys() and all(same(value[key], other[key]) for key in value)
    return type(value) is type(other) and repr(normal(value)) == repr(normal(other))


def normal(value):
    return value.astimezone(timezone.utc) if isinstance(value, datetime) else value


def shown(text):
    return [repr(value) for value in kombu_json.loads(text)]


def accepted(texts):
    """Those that kombu reads."""
    return [text for text in texts if reads(text)]


def reads(text):
    try:
        kombu_json.loads(text)
    except Exception:
        return False
    return True


def compressed(names):
    body = kombu_json.dumps([[1, "ä"], {}, {}]).encode()
    return {name: encoded(compression.compress(body, name)) for name in names}


def encoded(pair):
    body, content_type = pair
    return {"content": base64.b64encode(body).decode(), "header": content_type}


def payload(message):
    """What a consumer of kombu makes of a message of ours."""
    content = base64.b64decode(message["content"])
    received = Message(
        body=content,
        content_type=message["contentType"],
        content_encoding=message["contentEncoding"],
        headers=message["headers"],
        properties={},
        accept=["application/json"],
    )
    return repr(received.decode())


def routing_keys(pairs):
    return [calculate_routing_key(seconds, key) for seconds, key in pairs]


def exceptions(results):
    backend = Celery(backend="rpc://").backend
    found = [backend.exception_to_python(result) for result in results]
    return [[type(error).__module__, type(error).__qualname__, repr(error.args)] for error in found]


def tasks(_):
    """Messages of both protocols, with everything a caller can set."""
    amqp = Celery().amqp
    options = {
        "args": [1, Decimal("1.5")],
        "kwargs": {"at": datetime(2026, 1, 2, tzinfo=timezone.utc)},
        "eta": datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=timezone.utc),
        "expires": datetime(2036, 1, 2, tzinfo=timezone(timedelta(hours=-8))),
        "retries": 2,
        "time_limit": 60,
        "soft_time_limit": 50.5,
        "group_id": "g",
        "reply_to": "q",
    }
    made = [amqp.as_task_v1("a", "tasks.add", **options), amqp.as_task_v2("a", "tasks.add", shadow="s", group_index=3, **options)]
    return [{"headers": each.headers, "body": kombu_json.dumps(each.body)} for each in made]


command, argument = sys.argv[1:]
print(json.dumps(globals()[command](json.loads(argument))))
