-- For wrk. Arguments: a file with a path and a cookie a line; for reloads that wait for the part that comes next, the moment at
-- which the first was there (epoch ms) and how long each takes (ms).
local ffi = require 'ffi'
ffi.cdef [[ struct anke_time { long seconds; long micros; }; int gettimeofday(struct anke_time *, void *); ]]
local clock = ffi.new('struct anke_time')
local PARTS = 100
-- Requests, whole where nothing is waited for, and otherwise in two pieces, between which the directives belong: what the generator
-- spends on each is taken from the server.
local MARK = '?directives'
local ready, at, epoch, each = {}, 0, 0, 0

local function now()
  ffi.C.gettimeofday(clock, nil)
  return tonumber(clock.seconds) * 1000 + tonumber(clock.micros) / 1000
end

local function whole(path, cookie)
  local headers = { ['Accept-Encoding'] = 'gzip', Cookie = cookie ~= '' and cookie or nil }
  return wrk.format('GET', path, headers)
end

function init(args)
  if args[2] then epoch, each = tonumber(args[2]), tonumber(args[3]) end
  for line in io.lines(args[1]) do
    local path, cookie = line:match('^(%S+) ?(.*)$')
    local text = whole(each == 0 and path or path .. MARK, cookie)
    local from, to = text:find(MARK, 1, true)
    ready[#ready + 1] = from and { text:sub(1, from - 1), text:sub(to + 1) } or text
  end
end

local asked, directives = -1, ''

function request()
  at = at % #ready + 1
  if each == 0 then return ready[at] end
  local next = math.floor((now() - epoch) / each) + 1
  if next ~= asked then
    asked = next
    directives = '?_HLS_msn=' .. math.floor(next / PARTS) .. '&_HLS_part=' .. next % PARTS .. '&_HLS_skip=YES'
  end
  return ready[at][1] .. directives .. ready[at][2]
end

function done(summary)
  local errors = summary.errors
  io.write(('\nANKE %d %d %d\n'):format(summary.requests, summary.duration,
    errors.status + errors.connect + errors.read + errors.write + errors.timeout))
end
