"""Reads streams of HTTP/1.1 requests with h11.

Standard input is a JSON array of streams in hexadecimal. Prints, for each, the requests that were complete and whether
the stream then waits for more bytes, was refused, or is closed because the last request ends the connection.
"""

import json
import sys

import h11


def read(stream):
    connection = h11.Connection(h11.SERVER, max_incomplete_event_size=1 << 16)
    messages = []
    request, body = None, b""
    try:
        connection.receive_data(stream)
        while True:
            event = connection.next_event()
            if event is h11.NEED_DATA:
                return messages, "waiting"
            if event is h11.PAUSED or isinstance(event, h11.ConnectionClosed):
                return messages, "closed"
            if isinstance(event, h11.Request):
                request, body = event, b""
            elif isinstance(event, h11.Data):
                body += bytes(event.data)
            elif isinstance(event, h11.EndOfMessage):
                messages.append(
                    {
                        "method": request.method.decode("latin-1"),
                        "target": request.target.decode("latin-1"),
                        "body": body.hex(),
                    }
                )
                if connection.their_state is h11.MIGHT_SWITCH_PROTOCOL:
                    return messages, "closed"
                connection.send(h11.Response(status_code=200, headers=[("content-length", "0")]))
                connection.send(h11.EndOfMessage())
                if connection.our_state is not h11.DONE or connection.their_state is not h11.DONE:
                    return messages, "closed"
                connection.start_next_cycle()
    except h11.RemoteProtocolError:
        return messages, "refused"


answers = []
for text in json.load(sys.stdin):
    messages, end = read(bytes.fromhex(text))
    answers.append({"messages": messages, "end": end})
print(json.dumps(answers))
