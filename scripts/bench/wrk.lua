-- For wrk. Arguments: a file with a path and a cookie a line; for reloads that wait for the part that comes next, the moment at
-- which the first was there (epoch ms) and how long each takes (ms).
local ffi = require 'ffi'
ffi.cdef [[ struct anke_time { long seconds; long micros; }; int gettimeofday(struct anke_time *, void *); ]]
local clock = ffi.new('struct anke_time')
local PARTS = 100
local paths, ready, at, epoch, each = {}, {}, 0, 0, 0

local function now()
  ffi.C.gettimeofday(clock, nil)
  return tonumber(clock.seconds) * 1000 + tonumber(clock.micros) / 1000
end

local function whole(path, cookie, query)
  local headers = { ['Accept-Encoding'] = 'gzip', Cookie = cookie ~= '' and cookie or nil }
  return wrk.format('GET', path .. query, headers)
end

function init(args)
  for line in io.lines(args[1]) do
    local path, cookie = line:match('^(%S+) ?(.*)$')
    paths[#paths + 1] = { path, cookie }
    ready[#ready + 1] = whole(path, cookie, '')
  end
  if args[2] then epoch, each = tonumber(args[2]), tonumber(args[3]) end
end

function request()
  at = at % #paths + 1
  if each == 0 then return ready[at] end
  local next = math.floor((now() - epoch) / each) + 1
  local query = '?_HLS_msn=' .. math.floor(next / PARTS) .. '&_HLS_part=' .. next % PARTS .. '&_HLS_skip=YES'
  return whole(paths[at][1], paths[at][2], query)
end

function done(summary)
  local errors = summary.errors
  io.write(('\nANKE %d %d %d\n'):format(summary.requests, summary.duration,
    errors.status + errors.connect + errors.read + errors.write + errors.timeout))
end
