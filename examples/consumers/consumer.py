"""A consumer of Postern's Redis stream, in Python with redis-py: python3 consumer.py

Each message is worked on by one consumer of the group; what a dead one left is taken over; an id that was applied is never
applied again; an entry is acknowledged after that.
"""
import json
import os
import signal
import sys
import time

import redis

STREAM = os.environ.get("STREAM", "postern:mail")
GROUP = os.environ.get("GROUP", "app")
CONSUMER = os.environ.get("CONSUMER", f"app-{os.getpid()}")
# An entry that its consumer has had for so long is taken over. Longer than your work ever takes.
IDLE = int(os.environ.get("IDLE_MS", "60000"))

server = redis.Redis.from_url(os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/0"))
stopping = False


def stop(_signal, _frame):
    global stopping
    stopping = True


def make_group():
    """From the first entry of the stream, so that none is missed that came before the first consumer."""
    try:
        server.xgroup_create(STREAM, GROUP, id="0", mkstream=True)
    except redis.ResponseError as error:
        if not str(error).startswith("BUSYGROUP"):
            raise


def next_entries():
    """What a dead consumer left, else what nobody has read yet. One at a time: what is read and waits would look abandoned."""
    left = server.xautoclaim(STREAM, GROUP, CONSUMER, min_idle_time=IDLE, count=1)[1]
    if left:
        return left
    read = server.xreadgroup(GROUP, CONSUMER, {STREAM: ">"}, count=1, block=1000)
    return read[0][1] if read else []


def handle(entry, fields):
    if fields:  # else it was trimmed from the stream before anybody worked on it
        apply_once(fields[b"id"].decode(), json.loads(fields[b"event"]), fields.get(b"raw"))
    server.xack(STREAM, GROUP, entry)


def apply_once(id, event, raw):
    """raw: the message as received; None where it was too large for the stream: fetch it from the field "url", or by the API."""
    server.rpush("app:started", id)
    time.sleep(int(os.environ.get("WORK_MS", "0")) / 1000)  # your work
    result = json.dumps({"subject": event["data"]["subject"], "octets": None if raw is None else len(raw)})
    # The result and the id in one transaction: what was applied is known to be applied, whenever this process dies.
    with server.pipeline() as transaction:
        transaction.watch(f"app:mail:{id}")
        if transaction.exists(f"app:mail:{id}"):
            return
        transaction.multi()
        transaction.set(f"app:mail:{id}", result)
        transaction.incr("app:applied")
        try:
            transaction.execute()
        except redis.WatchError:
            pass  # another consumer has just applied it


signal.signal(signal.SIGTERM, stop)
signal.signal(signal.SIGINT, stop)
while not stopping:
    try:
        make_group()
        while not stopping:
            for entry, fields in next_entries():
                handle(entry, fields)
    except redis.RedisError as error:
        print(error, file=sys.stderr)
        time.sleep(1)
