"""A Celery application as a Python team would write it, with the same tasks as workers/tasks/."""

import os
import ssl

from celery import Celery
from kombu import Exchange, Queue
from kombu.common import Broadcast

app = Celery("tasks", broker=os.environ["BROKER_URL"], backend=os.environ.get("RESULT_BACKEND", "rpc://"))
app.conf.task_default_queue = "small"
if "BROKER_CA" in os.environ:
    # With server_hostname: None the name in the URL is verified, without it none.
    app.conf.broker_use_ssl = {"ca_certs": os.environ["BROKER_CA"], "cert_reqs": ssl.CERT_REQUIRED, "server_hostname": None}
if "NATIVE_DELAY" in os.environ:
    # What Celery needs to see before it delays in the broker: a quorum queue behind an exchange that is not direct.
    app.conf.task_queues = [Queue("small", Exchange("tasks", type="topic"), routing_key="small", queue_arguments={"x-queue-type": "quorum"})]
if "BROADCAST" in os.environ:
    app.conf.task_queues = [Queue("small"), Broadcast(os.environ["BROADCAST"])]
app.conf.update({name[4:].lower(): True for name in os.environ if name.startswith("SET_")})


@app.task(name="tasks.add")
def add(x, y):
    return x + y


@app.task(name="tasks.boom")
def boom(text):
    raise ValueError(text)


@app.task(name="tasks.count")
def count(to, rest_seconds=0):
    return to


@app.task(name="tasks.lcs")
def lcs(a, b):
    raise NotImplementedError
