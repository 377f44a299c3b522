"""The tasks of test/support/test-worker/same-tasks.js, as a Python team would write them."""

import time
from datetime import datetime

from celery.exceptions import Ignore, Reject
from celery_app import app


class ShopError(Exception):
    pass


@app.task(name="same.echo")
def echo(value):
    return value


@app.task(name="same.subtract")
def subtract(x, y):
    return x - y


@app.task(name="same.wrong-type")
def wrong_type():
    raise TypeError("no good")


@app.task(name="same.wrong-value")
def wrong_value():
    raise ValueError("no good")


@app.task(name="same.own-error")
def own_error():
    raise ShopError("order 7")


@app.task(name="same.not-json")
def not_json():
    return object()


@app.task(name="same.tracked", track_started=True)
def tracked():
    return "done"


@app.task(name="same.progress", bind=True)
def progress(self):
    self.update_state(state="PROGRESS", meta={"step": 1})
    return "done"


@app.task(name="same.ignore")
def ignore():
    raise Ignore()


@app.task(name="same.forgetful", ignore_result=True)
def forgetful():
    return "done"


@app.task(name="same.reject", acks_late=True)
def reject():
    raise Reject("no", requeue=False)


@app.task(name="same.reject-by-default")
def reject_by_default():
    raise Reject("no", requeue=False)


@app.task(name="same.reject-early", acks_late=False)
def reject_early():
    raise Reject("no", requeue=False)


@app.task(name="same.requeue-early", acks_late=False)
def requeue_early():
    raise Reject("later", requeue=True)


@app.task(name="same.requeue", bind=True, acks_late=True)
def requeue(self):
    if not self.request.delivery_info["redelivered"]:
        raise Reject("later", requeue=True)
    return "redelivered"


@app.task(name="same.fail-late", acks_late=True, acks_on_failure=False)
def fail_late():
    raise TypeError("no good")


@app.task(name="same.retry", bind=True, default_retry_delay=0)
def retry(self):
    if self.request.retries == 0:
        raise self.retry()
    return self.request.retries


@app.task(name="same.retry-cause", bind=True, default_retry_delay=0)
def retry_cause(self):
    if self.request.retries == 0:
        raise self.retry(exc=TypeError("busy"))
    return self.request.retries


@app.task(name="same.exhaust", bind=True, max_retries=1, default_retry_delay=0)
def exhaust(self):
    raise self.retry()


@app.task(name="same.exhaust-cause", bind=True, max_retries=1, default_retry_delay=0)
def exhaust_cause(self):
    raise self.retry(exc=TypeError("busy"))


@app.task(name="same.autoretry", autoretry_for=(TypeError,), max_retries=1, default_retry_delay=0)
def autoretry():
    raise TypeError("busy")


@app.task(name="same.sleep")
def sleep(seconds):
    time.sleep(seconds)


@app.task(name="same.header", bind=True)
def header(self):
    return (self.request.headers or {}).get("colour")


@app.task(name="same.waited")
def waited(sent, seconds):
    """Whether the task came so long after it was sent, by the clock of one machine; that of JavaScript has milliseconds."""
    return datetime.now().timestamp() - sent >= seconds - 0.002
