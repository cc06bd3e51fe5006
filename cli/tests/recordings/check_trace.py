"""Reads what `spanwright perfetto` writes, by Perfetto's own protos, and compares it with what `spanwright jsonl` says.

    check_trace.py TRACE EVENTS

TRACE is the protobuf, EVENTS the lines of JSON. Ends with 0 where each event is drawn as it was, and says how many of each kind.
"""

import collections
import json
import sys

from perfetto.protos.perfetto.trace.perfetto_trace_pb2 import Trace, TrackEvent

MOST = 2**63 - 1
# They are the tracks' names.
NOT_DRAWN = {"thread", "runtime", "process", "clock"}


def annotations(event, names):
    """What an event says beside its name."""

    def value(of):
        kind = [field for field, _ in of.ListFields() if field.name not in ("name_iid", "name")]
        if not kind:
            return ""
        assert len(kind) == 1, of
        if kind[0].name == "dict_entries":
            return {names[entry.name_iid]: value(entry) for entry in of.dict_entries}
        if kind[0].name == "array_values":
            return [value(item) for item in of.array_values]
        return getattr(of, kind[0].name)

    return {names[of.name_iid]: value(of) for of in event.debug_annotations}


def read(path):
    """Tracks by their numbers, and the events with their texts in place of numbers."""
    trace = Trace()
    trace.ParseFromString(open(path, "rb").read())
    tracks, events, texts = {}, [], None
    for packet in trace.packet:
        assert packet.trusted_packet_sequence_id == 1
        if packet.sequence_flags & 1:
            texts = {"names": {}, "categories": {}, "annotations": {}}
        new = packet.interned_data
        for table, said in [
            ("names", new.event_names),
            ("categories", new.event_categories),
            ("annotations", new.debug_annotation_names),
        ]:
            for one in said:
                assert one.iid not in texts[table], "a number stands for one text until all are forgotten"
                texts[table][one.iid] = one.name
        if packet.HasField("track_descriptor"):
            tracks[packet.track_descriptor.uuid] = packet.track_descriptor
        elif packet.HasField("track_event"):
            event = packet.track_event
            assert event.track_uuid in tracks, "a track is described before it is used"
            events.append(
                {
                    "at": packet.timestamp,
                    "type": event.type,
                    "track": event.track_uuid,
                    "name": event.name or texts["names"].get(event.name_iid),
                    "category": "".join(texts["categories"][iid] for iid in event.category_iids),
                    "value": event.counter_value,
                    "leaves": list(event.flow_ids),
                    "arrives": list(event.terminating_flow_ids),
                    "says": annotations(event, texts["annotations"]),
                }
            )
    for track in tracks.values():
        assert not track.parent_uuid or track.parent_uuid in tracks, track
    return tracks, events


def slices(events):
    """What lies between a beginning and its end, as Perfetto puts them together: by time, then by place in the file."""
    stacks, done = collections.defaultdict(list), []
    for event in sorted(events, key=lambda event: event["at"]):
        stack = stacks[event["track"]]
        if event["type"] == TrackEvent.TYPE_SLICE_BEGIN:
            stack.append(event)
        elif event["type"] == TrackEvent.TYPE_SLICE_END:
            begun = stack.pop()
            done.append({**begun, "duration": event["at"] - begun["at"], "end": event["at"], "last": event})
    return done, [event for stack in stacks.values() for event in stack]


def as_said(fields):
    """Events as `jsonl` has them, without what `perfetto` draws otherwise."""
    return {key: value for key, value in fields.items() if key not in ("at", "thread", "kind", "duration", "recording")}


def same(one, other):
    """JSON has no other numbers than doubles, and no empty values."""
    if isinstance(one, float) or isinstance(other, float):
        return float(one) == float(other) or one != one
    if isinstance(one, dict):
        drop = lambda of: {key: value for key, value in of.items() if value != "unknown"}
        one, other = drop(one), drop(other)
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other or not one and not other


def main(trace, lines):
    tracks, events = read(trace)
    said = [json.loads(line) for line in open(lines)]
    done, open_ones = slices(events)
    drawn = collections.defaultdict(list)
    for one in done:
        drawn[one["category"]].append((min(one["end"], MOST), one["duration"], one["says"]))
    for one in open_ones:
        drawn[one["category"]].append((one["at"], None, one["says"]))
    for one in events:
        if one["type"] == TrackEvent.TYPE_INSTANT:
            drawn[one["category"]].append((one["at"], 0, one["says"]))
    expected = collections.defaultdict(list)
    for one in said:
        at, duration = one["at"], one.get("duration", 0)
        if one["kind"] == "open":
            at, duration = max(at - duration, 0), None
        elif duration:
            duration = min(at, MOST) - min(max(at - duration, 0), MOST)
        expected[one["kind"]].append((min(at, MOST), duration, as_said(one)))
    counts = {}
    for kind, wanted in expected.items():
        if kind in NOT_DRAWN or kind in ("queue_depth", "task_end"):
            continue
        got = drawn[kind]
        assert len(got) == len(wanted), f"{kind}: {len(got)} drawn of {len(wanted)}"
        counts[kind] = len(got)
        by_time = collections.defaultdict(list)
        for one in got:
            by_time[one[:2]].append(one[2])
        for at, duration, fields in wanted:
            rest = by_time[at, duration]
            found = next((place for place, one in enumerate(rest) if same(one, fields)), None)
            assert found is not None, f"{kind}: {(at, duration, fields)} is not among {rest}"
            rest.pop(found)

    counters = [one["value"] for one in events if one["type"] == TrackEvent.TYPE_COUNTER]
    waiting = []
    for one in expected["queue_depth"]:
        waiting += [one[2].get("global", 0), *one[2].get("workers", [])]
        waiting += [one[2]["blocking"]] if "blocking" in one[2] else []
    assert sorted(counters) == sorted(min(value, MOST) for value in waiting)

    # Arrows lead from something that makes a task ready to the first poll or run of that task from then on.
    begins = {flow: one for one in events for flow in one["leaves"]}
    arrived = 0
    for one in done:
        for flow in one["arrives"]:
            begin, arrived = begins[flow], arrived + 1
            assert begin["says"]["task"] == one["says"]["task"] and begin["at"] <= one["at"]
    kinds = {tracks[one["track"]].WhichOneof("static_or_dynamic_name") or "thread" for one in done}
    names = sorted({one["name"] for one in done if one["category"] == "poll"})
    threads = sorted(track.thread.thread_name for track in tracks.values() if track.HasField("thread"))
    processes = sorted((track.process.pid, track.process.process_name) for track in tracks.values() if track.HasField("process"))
    lasting = sorted((one["name"], one["duration"]) for one in done if one["category"] == "task")
    result = {"counts": counts, "arrows": arrived, "polled": names, "threads": threads, "processes": processes, "tasks": lasting}
    print(json.dumps(result))
    return kinds


main(*sys.argv[1:])
