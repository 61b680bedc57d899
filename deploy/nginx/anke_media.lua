-- What nginx remembers for a few seconds, in each of its worker processes: which tokens the edge has found good, and the
-- playlists that everybody asks for at the same moment. It decides nothing by itself.

local semaphore = require 'ngx.semaphore'
local now, capture, exit, exec = ngx.now, ngx.location.capture, ngx.exit, ngx.exec
local var, header, method_of = ngx.var, ngx.header, ngx.req.get_method

local _M = {}

-- Two tables that take turns, so that whatever is old leaves without being looked for.
local function memory(seconds, limit)
  local young, old, size, turn = {}, {}, 0, 0
  local it = {}
  function it.get(key)
    return young[key] or old[key]
  end
  function it.put(key, value, weight)
    local t = now()
    if t >= turn or size >= limit then
      young, old, size, turn = {}, young, 0, t + seconds
    end
    young[key] = value
    size = size + weight
  end
  function it.forget(key)
    young[key], old[key] = nil, nil
  end
  return it
end

-- The longest that the edge lets an answer be kept: of a check, and of a playlist.
local CHECK_SECONDS, PLAYLIST_SECONDS = 10, 1
local checks = memory(CHECK_SECONDS, 50000)
local playlists = memory(PLAYLIST_SECONDS, 32 * 1024 * 1024)

-- The edge waits six seconds for a part at most, and tries for two to reach an origin that is away.
local PATIENCE = 15
local MAX_OPEN = 1000
local open, open_count = {}, 0

-- Whether the token opens the prefix: as the edge said at most ten seconds ago, and not beyond the token's end.
local function check()
  local token, prefix, rendition = var.anke_token, var.anke_prefix, var.anke_rendition
  local known = checks.get(token)
  if known and known.prefix == prefix then
    -- Which picture somebody has is told with the next check; sound goes with each.
    if rendition ~= 'sound' then known.rendition = rendition end
    if known.good_until > now() then return end
    rendition = known.rendition
  end
  if token == '' then return exit(401) end
  local answer = capture('/anke-check', { share_all_vars = true, args = 'rendition=' .. rendition })
  if answer.status ~= 204 then
    checks.forget(token)
    return exit(answer.status)
  end
  -- Who came together is not to be asked about together for ever.
  local seconds = math.min(tonumber(answer.header['x-accel-expires']) or 0, CHECK_SECONDS) * (0.7 + 0.3 * math.random())
  checks.put(token, { prefix = prefix, rendition = rendition, good_until = now() + seconds }, 1)
end

-- For access_by_lua: what is no reading goes to the edge, which knows what to say to it.
function _M.check()
  local method = method_of()
  if method ~= 'GET' and method ~= 'HEAD' then return exec('@anke_edge') end
  return check()
end

local function give(answer)
  ngx.status = answer.status
  header['Content-Type'] = answer.type
  header['Cache-Control'] = answer.caching
  header['Content-Encoding'] = answer.encoding
  header['Vary'] = answer.vary
  header['Content-Length'] = #answer.body
  ngx.print(answer.body)
end

-- The three directives and nothing else of a query, as the edge writes them.
local function query()
  local pairs = {}
  local function add(name, value)
    if value and value ~= '' then pairs[#pairs + 1] = name .. '=' .. value end
  end
  add('_HLS_msn', var.arg__HLS_msn)
  add('_HLS_part', var.arg__HLS_part)
  add('_HLS_skip', var.anke_skip)
  return table.concat(pairs, '&')
end

local function ask(key)
  local reply = capture('/anke-playlist', { share_all_vars = true, args = query() })
  local said = reply.header
  local answer = {
    status = reply.status,
    body = reply.truncated and '' or reply.body,
    type = said['Content-Type'],
    caching = said['cache-control'],
    encoding = said['content-encoding'],
    vary = said['vary'],
  }
  if reply.truncated then answer.status = 502 end
  local seconds = math.min(tonumber(said['x-accel-expires']) or 0, PLAYLIST_SECONDS)
  if answer.status == 200 and seconds > 0 then
    answer.good_until = now() + seconds
    playlists.put(key, answer, #answer.body + 500)
  end
  return answer
end

-- For content_by_lua: one question at the edge for all who ask the same while it is open.
function _M.playlist()
  local key = var.anke_key
  while true do
    local kept = playlists.get(key)
    if kept and kept.good_until > now() then return give(kept) end
    local asked = open[key]
    if not asked then
      if open_count >= MAX_OPEN then return exit(503) end
      asked = { waiting = 0, ready = semaphore.new(0) }
      open[key], open_count = asked, open_count + 1
      local ok, answer = pcall(ask, key)
      if open[key] == asked then open[key], open_count = nil, open_count - 1 end
      local mine = ok and (answer.status == 401 or answer.status == 403)
      -- Sent out since the token was checked: that concerns nobody else, one of the others asks again.
      if ok and not mine then asked.answer = answer end
      if asked.waiting > 0 then asked.ready:post(asked.waiting) end
      if not ok then return exit(502) end
      if mine then checks.forget(var.anke_token) end
      return give(answer)
    end
    asked.waiting = asked.waiting + 1
    local woken = asked.ready:wait(PATIENCE)
    if asked.answer then return give(asked.answer) end
    if not woken then
      asked.waiting = asked.waiting - 1
      -- Whoever asked is not coming back.
      if open[key] == asked then open[key], open_count = nil, open_count - 1 end
      return exit(504)
    end
  end
end

return _M
