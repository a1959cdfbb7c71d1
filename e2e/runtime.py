"""The sync function's surroundings: Lambda's runtime API, and CloudFormation's
ResponseURL, on one port of this machine."""

import json
import queue
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Runtime:
    """Hands events to a function that was started with the variables in env."""

    def __init__(self):
        self.events, self.answers = queue.Queue(), queue.Queue()
        self.issued = 0
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"runtime": self}))
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.address = "127.0.0.1:%d" % self.server.server_port
        self.env = {
            "AWS_LAMBDA_RUNTIME_API": self.address,
            "AWS_LAMBDA_FUNCTION_NAME": "sync",
            "AWS_LAMBDA_LOG_STREAM_NAME": "stream",
            "AWS_REGION": "eu-west-1",
        }

    def request(self, **event):
        """An event, with the ResponseURL of a request that CloudFormation makes now: each is later than the one
        before, since the function orders requests by the second in it. Invoked again, it is the same request."""
        self.issued = max(int(time.time()), self.issued + 1)
        date = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(self.issued))
        return {**event, "ResponseURL": f"http://{self.address}/answer?X-Amz-Date={date}"}

    def invoke(self, event, seconds=60):
        """The answer to a request, or none in that time as an empty one."""
        self.events.put(event)
        try:
            return self.answers.get(timeout=seconds)
        except queue.Empty:
            return {}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        event = self.runtime.events.get()
        self.reply(200, json.dumps(event).encode(), {
            "Lambda-Runtime-Aws-Request-Id": str(uuid.uuid4()),
            "Lambda-Runtime-Deadline-Ms": str(int((time.time() + 120) * 1000)),
            "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:eu-west-1:123456789012:function:sync",
        })

    def do_POST(self):
        self.body()
        self.reply(202)

    def do_PUT(self):
        self.runtime.answers.put(json.loads(self.body()))
        self.reply(200)

    def body(self):
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        chunks = b""
        while size := int(self.rfile.readline(), 16):
            chunks += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return chunks

    def reply(self, status, content=b"", headers=None):
        self.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass
