"""The module `persist`: what it raises, and what it records. `./check` builds the module and runs this."""

import json
import os
import subprocess
import sys
import tempfile
import threading
import unittest
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

STATE = '{"memory": ["Ahoy!"],  "temperature": 0.7}'


def python(program, *arguments, **variables):
    """Runs a program in a Python of its own, and returns it with its log lines."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("OTEL_", "PERSIST_", "RUST_LOG"))}
    environment |= {"PERSIST_METRICS_PORT": "0", **variables}
    ended = subprocess.run([sys.executable, "-c", program, *arguments], env=environment, capture_output=True, text=True, timeout=60)
    lines = [json.loads(line) for line in ended.stderr.splitlines() if line.startswith("{")]
    return ended, lines


class Raised(unittest.TestCase):
    def test_the_example_of_the_guide(self):
        program = """
import persist

try:
    # This will raise a specific exception type
    persist.restore("/nonexistent/snapshot.json.gz")
except FileNotFoundError as e:
    print(f"Snapshot not found: {e}")
except PermissionError as e:
    print(f"Access denied: {e}")
except persist.PersistError as e:
    print(f"General Persist error: {e}")
"""
        ended, _ = python(program)
        self.assertEqual(ended.returncode, 0, ended.stderr)
        self.assertEqual(ended.stdout, "Snapshot not found: no snapshot at `/nonexistent/snapshot.json.gz`\n")

    def test_access_that_is_denied(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "snapshot.json.gz")
            path.write_bytes(b"")
            path.chmod(0)
            # The superuser may read everything.
            program = """
import os, sys, persist
if os.geteuid() == 0:
    os.chmod(os.path.dirname(sys.argv[1]), 0o755)
    os.seteuid(65534)
try:
    persist.restore(sys.argv[1])
except PermissionError as e:
    print(e)
"""
            ended, _ = python(program, str(path))
            self.assertEqual(ended.stdout, f"access to `{path}` is denied\n", ended.stderr)

    def test_all_other_errors(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "snapshot.json.gz")
            path.write_bytes(b"something else")
            program = """
import sys, persist
for wrong in (lambda: persist.restore(sys.argv[1]), lambda: persist.snapshot("{", sys.argv[1])):
    try:
        wrong()
    except persist.PersistError as e:
        print(type(e).__module__, type(e).__name__, isinstance(e, OSError), e)
"""
            ended, _ = python(program, str(path))
            self.assertEqual(
                ended.stdout.splitlines(),
                [
                    f"persist PersistError False `{path}` is no snapshot",
                    "persist PersistError False the agent's state is no JSON, at line 1 and column 1",
                ],
                ended.stderr,
            )


class Recorded(unittest.TestCase):
    def test_what_is_saved_is_restored_and_logged_with_its_trace(self):
        program = """
import sys, persist
persist.snapshot(sys.argv[2], sys.argv[1], agent_id="agent-7", session_id="session-42")
assert persist.restore(sys.argv[1]) == sys.argv[2]
assert "persist_state_size_bytes_count 1\\n" in persist.metrics()
"""
        with tempfile.TemporaryDirectory() as folder:
            path = str(Path(folder, "snapshot.json.gz"))
            ended, lines = python(program, path, STATE, RUST_LOG="persist_core=info,persist_python=info")
        self.assertEqual(ended.returncode, 0, ended.stderr)
        self.assertEqual(
            [(line["target"], line["message"]) for line in lines],
            [
                ("persist_core::engine", "Snapshot saved"),
                ("persist_python", "Snapshot taken"),
                ("persist_core::engine", "Snapshot loaded"),
                ("persist_python", "Agent restored"),
            ],
        )
        loaded, restored = lines[2:]
        self.assertEqual([span["name"] for span in loaded["spans"]], ["persist.restore", "load_snapshot"])
        self.assertEqual(loaded["span"]["trace_id"], restored["span"]["trace_id"])
        self.assertEqual(loaded["fields"]["agent_id"], "agent-7")

    def test_the_filter_can_leave_the_module_out(self):
        program = "import sys, persist; persist.snapshot('{}', sys.argv[1])"
        with tempfile.TemporaryDirectory() as folder:
            _, lines = python(program, str(Path(folder, "a")), RUST_LOG="persist_core=info")
        self.assertEqual({line["target"] for line in lines}, {"persist_core::engine"})

    def test_an_error_is_a_line_of_the_module(self):
        program = "import persist\ntry: persist.restore('/nonexistent/a')\nexcept FileNotFoundError: pass"
        _, lines = python(program, RUST_LOG="persist_python=info")
        [line] = lines
        self.assertEqual((line["level"], line["target"]), ("ERROR", "persist_python"))
        self.assertEqual(line["message"], "no snapshot at `/nonexistent/a`")

    def test_spans_are_exported_when_the_interpreter_ends(self):
        bodies = []

        class Receiver(BaseHTTPRequestHandler):
            def do_POST(self):
                bodies.append((self.path, self.rfile.read(int(self.headers["content-length"]))))
                self.send_response(200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        server = HTTPServer(("127.0.0.1", 0), Receiver)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        program = "import persist\ntry: persist.restore('/nonexistent/a')\nexcept FileNotFoundError: pass"
        ended, _ = python(program, PERSIST_JAEGER_ENDPOINT=f"http://127.0.0.1:{server.server_port}")
        server.shutdown()
        server.server_close()
        self.assertEqual({path for path, _ in bodies}, {"/v1/traces"}, ended.stderr)
        sent = b"".join(body for _, body in bodies)
        for name in (b"persist.restore", b"load_snapshot", b"local_file_read", b"not_found"):
            self.assertIn(name, sent)


if __name__ == "__main__":
    unittest.main()
