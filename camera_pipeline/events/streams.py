"""Names and keys on Redis, and the two scripts that must be atomic: append once, and trim what everybody has read.

Keys of one stream share its cluster slot, through the hash tag in braces:

    cam:violations              the stream
    {cam:violations}:ids        event id -> when it was appended (sorted set): the memory that makes appending once
    {cam:violations}:dead:ioc   what group `ioc` could not handle (stream)
"""

from camera_pipeline.types import EventKind

STREAM_OF_KIND = {
    EventKind.VIOLATION: "violations",
    EventKind.INCIDENT: "incidents",
    EventKind.SIGHTING: "sightings",
    EventKind.HEALTH: "health",
}

ID_MEMORY_S = 90 * 86_400.0
"""How long an appended id is remembered. It must outlast the longest time between an append whose answer was lost and
its repetition: a server that dies at that moment and is repaired weeks later. 90 days is beyond any repair; an id costs
about 130 bytes of Redis memory (measured by benchmarks/delivery.py)."""

APPEND = """
-- Appends events to one stream, each once, all or none.
-- KEYS: stream, ids.  ARGV: id of the event that this sender appended before these ('' for none), then for each event
-- id, type, camera, schema, record.  Returns 'GAP' when the previous id is not known: Redis has lost its latest writes.
-- Else, for each event, the id of its new entry, or '' when it was there already.
if ARGV[1] ~= '' and not redis.call('ZSCORE', KEYS[2], ARGV[1]) then
  return 'GAP'
end
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
local entries = {}
for i = 2, #ARGV, 5 do
  if redis.call('ZSCORE', KEYS[2], ARGV[i]) then
    entries[#entries + 1] = ''
  else
    entries[#entries + 1] = redis.call('XADD', KEYS[1], '*', 'event', ARGV[i + 4], 'id', ARGV[i],
      'type', ARGV[i + 1], 'camera', ARGV[i + 2], 'schema', ARGV[i + 3])
    redis.call('ZADD', KEYS[2], now, ARGV[i])
  end
end
return entries
"""

TRIM = """
-- Removes the entries that are older than the retention and that every consumer group has acknowledged.
-- KEYS: stream, ids.  ARGV: retention in ms, memory of ids in s.
-- Returns {entries removed, the group that holds back older entries, or ''}.
local time = redis.call('TIME')
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', '(' .. string.format('%.6f', time[1] - ARGV[2]))
if redis.call('EXISTS', KEYS[1]) == 0 then
  return {0, ''}
end
local function parts(id)
  local ms, seq = string.match(id, '^(%d+)%-(%d+)$')
  return tonumber(ms), tonumber(seq)
end
local function before(a, b)
  local a_ms, a_seq = parts(a)
  local b_ms, b_seq = parts(b)
  return a_ms < b_ms or (a_ms == b_ms and a_seq < b_seq)
end
local oldest = string.format('%.0f-0', time[1] * 1000 - ARGV[1])
local holder = ''
for _, flat in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
  local group = {}
  for i = 1, #flat, 2 do
    group[flat[i]] = flat[i + 1]
  end
  local needed = group['last-delivered-id']
  if group['pending'] > 0 then
    needed = redis.call('XPENDING', KEYS[1], group['name'])[2]
  end
  if before(needed, oldest) then
    oldest = needed
    holder = group['name']
  end
end
return {redis.call('XTRIM', KEYS[1], 'MINID', oldest), holder}
"""


def stream_name(prefix: str, kind: EventKind) -> str:
    """Return the stream that events of this kind go to, e.g. `cam:violations`."""
    return f"{prefix}:{STREAM_OF_KIND[kind]}"


def ids_key(stream: str) -> str:
    """Return the key of the stream's memory of appended ids."""
    return f"{{{stream}}}:ids"


def dead_letter_stream(stream: str, group: str) -> str:
    """Return the stream that takes what the group could not handle."""
    return f"{{{stream}}}:dead:{group}"
