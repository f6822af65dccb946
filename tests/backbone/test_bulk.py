"""The bulk reader reads what the library's own parser would, however the bytes are cut."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from rhinecloud.backbone.bulk import BulkParser

HEAD = b"NATS/1.0\r\nNmqtt-Pub:1\r\n\r\n"


class Heard:
    """Stands where the NATS client would."""

    def __init__(self) -> None:
        self.events: list[Any] = []

    async def _process_msg(self, sid: int, subject: bytes, reply: bytes, data: bytes, headers: bytes | None) -> None:
        self.events.append((sid, bytes(subject), bytes(reply), headers or b"", data))

    async def _process_ping(self) -> None:
        self.events.append("ping")

    async def _process_pong(self) -> None:
        self.events.append("pong")

    async def _process_info(self, info: dict[str, Any]) -> None:
        self.events.append(info)


frames = st.one_of(
    st.sampled_from([b"PING\r\n", b"PONG\r\n", b"+OK\r\n", b'INFO {"a": "b c"}\r\n']),
    st.builds(
        lambda sid, reply, head, data: (
            (b"HMSG" if head else b"MSG")
            + b" a.b %d " % sid
            + (reply + b" " if reply else b"")
            + (b"%d " % len(head) if head else b"")
            + b"%d\r\n" % (len(head) + len(data))
            + head
            + data
            + b"\r\n"
        ),
        st.sampled_from([1, 2]),
        st.sampled_from([b"", b"$JS.ACK.x.y.1.2.3.4.5"]),
        st.sampled_from([b"", HEAD]),
        st.binary(max_size=40) | st.sampled_from([b"\r\nPING\r\n", b"MSG a 1 3\r\nabc\r\n"]),
    ),
)


@given(st.lists(frames, max_size=12), st.lists(st.integers(1, 60), min_size=1, max_size=40))
async def test_any_cut_of_any_frames_gives_the_same_messages(sent: list[bytes], cuts: list[int]) -> None:
    stream = b"".join(sent)
    whole, parts = Heard(), Heard()
    plain, cut = BulkParser(whole), BulkParser(parts)
    cut.sinks[1] = lambda subject, reply, head, data: parts.events.append((1, subject, reply, head, data))
    await plain.parse(stream)  # with no sinks, every frame goes to the library's parser
    at = n = 0
    while at < len(stream):
        await cut.parse(stream[at : at + cuts[n % len(cuts)]])
        at, n = at + cuts[n % len(cuts)], n + 1
    assert parts.events == whole.events
    assert len(parts.events) == sum(frame != b"+OK\r\n" for frame in sent)
