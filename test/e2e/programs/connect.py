# Says for each host:port of its arguments whether something takes TCP connections there within 2.5 s: a JSON object.
import json
import socket
import sys


def is_open(address):
    host, port = address.split(":")
    try:
        with socket.create_connection((host, int(port)), timeout=2.5):
            return True
    except OSError:
        return False


print(json.dumps({address: is_open(address) for address in sys.argv[1:]}))
