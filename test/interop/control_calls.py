"""Makes control calls as a Python client and prints the replies of each, one JSON line each. Reads the calls from the command line."""

import json
import sys

from celery_app import app

for call in json.loads(sys.argv[1]):
    # With a limit the client does not wait for more nodes until its time is over.
    options = {"reply": True, "timeout": 15, "limit": 1, **call.get("options", {})}
    print(json.dumps(app.control.broadcast(call["method"], arguments=call.get("arguments", {}), **options)), flush=True)
