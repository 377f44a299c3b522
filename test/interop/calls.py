"""Makes calls as a Python client and prints what came back, one JSON line each. Reads the calls from the command line."""

import json
import sys

from celery_app import app

for call in json.loads(sys.argv[1]):
    try:
        if "id" in call:
            known = app.AsyncResult(call["id"])
            print(json.dumps({"value": known.get(timeout=15), "state": known.state, "done": known.date_done.isoformat()}), flush=True)
            continue
        # By name, so that only the worker judges the arguments.
        result = app.send_task(call["task"], call.get("args", []), call.get("kwargs", {}), **call.get("options", {}))
        print(json.dumps({"value": result.get(timeout=15)}), flush=True)
    except Exception as error:  # the caller of this script judges it
        print(json.dumps({"error": type(error).__name__, "text": str(error)}), flush=True)
