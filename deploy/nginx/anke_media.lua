-- What nginx remembers for a few seconds, in each of its worker processes: which tokens the edge has found good, and the
-- playlists that everybody asks for at the same moment. It decides nothing by itself.

local ffi = require 'ffi'
local semaphore = require 'ngx.semaphore'
local now, exit, exec = ngx.now, ngx.exit, ngx.exec
local var, header, method_of = ngx.var, ngx.header, ngx.req.get_method

local _M = {}

-- Three times a second thousands of requests that waited are over at once. The memory in which they lay is for the next ones: given back to
-- the system it would come page by page. Where malloc is not glibc's there is nobody to tell.
local TRIM_THRESHOLD, KEPT_FREE = -1, 256 * 1024 * 1024
ffi.cdef 'int mallopt(int, int);'
pcall(function() ffi.C.mallopt(TRIM_THRESHOLD, KEPT_FREE) end)

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

-- The edge waits six seconds for a part at most, and tries for two to reach an origin that is away. Milliseconds.
local PATIENCE, CONNECT, IDLE = 15000, 10000, 30000
local MAX_OPEN = 1000
local open, open_count = {}, 0

-- When a thousand people come in the same second their tokens are asked about by few connections, one after the other.
local CHECKS = { pool = 'anke-checks', pool_size = 32, backlog = 65536 }
local PLAYLISTS = { pool = 'anke-playlists', pool_size = MAX_OPEN, backlog = 1 }

local function receive(edge)
  local line = edge:receive()
  local status = line and tonumber(line:match('^HTTP/1%.1 (%d%d%d) '))
  if not status then return nil end
  local said = {}
  while true do
    line = edge:receive()
    if not line then return nil end
    if line == '' then break end
    local name, value = line:match('^([^:]+): *(.*)$')
    if name then said[name:lower()] = value end
  end
  local length = status ~= 204 and tonumber(said['content-length']) or 0
  local body = length > 0 and edge:receive(length) or ''
  if #body ~= length then return nil end
  return { status = status, said = said, body = body, closes = said['connection'] == 'close' }
end

-- Subrequests of nginx would do, but not within HTTP/2.
local function ask(path, headers, connections)
  local host, port = var.anke_edge_at:match('^(.*):(%d+)$')
  local request = { 'GET ' .. path .. ' HTTP/1.1', 'Host: anke_edge' }
  for name, value in pairs(headers) do
    if value ~= '' then request[#request + 1] = name .. ': ' .. value end
  end
  request = table.concat(request, '\r\n') .. '\r\n\r\n'
  while true do
    local edge = ngx.socket.tcp()
    edge:settimeouts(CONNECT, CONNECT, PATIENCE)
    if not edge:connect(host, tonumber(port), connections) then return nil end
    -- One that was kept open may have been closed over there since.
    local again = edge:getreusedtimes() > 0
    local answer = edge:send(request) and receive(edge)
    if answer then
      if answer.closes then edge:close() else edge:setkeepalive(IDLE) end
      return answer
    end
    edge:close()
    if not again then return nil end
  end
end

-- Players without cookies, and pages of another origin, have it in the address: /media/t/<token>/<prefix>/… Not by nginx's own map,
-- which hashes the four hundred bytes of it with each request.
local function token_of()
  local token = var.anke_path_token
  if token and token ~= '' then return token end
  return var.cookie_anke_play or ''
end

-- Whether the token opens the prefix: as the edge said at most ten seconds ago, and not beyond the token's end.
local function check()
  local token, prefix, rendition = token_of(), var.anke_prefix, var.anke_rendition
  local known = checks.get(token)
  if known and known.prefix == prefix then
    -- Which picture somebody has is told with the next check; sound goes with each.
    if rendition ~= 'sound' then known.rendition = rendition end
    if known.good_until > now() then return end
    rendition = known.rendition
  end
  if token == '' then return exit(401) end
  local headers = { ['X-Anke-Token'] = token, ['X-Anke-Prefix'] = prefix, ['X-Anke-Rendition'] = rendition }
  local answer = ask('/edge/check', headers, CHECKS)
  if not answer then return exit(502) end
  if answer.status ~= 204 then
    checks.forget(token)
    return exit(answer.status)
  end
  -- Who came together is not to be asked about together for ever.
  local seconds = math.min(tonumber(answer.said['x-accel-expires']) or 0, CHECK_SECONDS) * (0.7 + 0.3 * math.random())
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
  if answer.encoding then header['Content-Encoding'] = answer.encoding end
  if answer.vary then header['Vary'] = answer.vary end
  header['Content-Length'] = #answer.body
  ngx.print(answer.body)
end

-- The three directives and nothing else of a query, as the edge writes them; nil for what is no number.
local function query()
  local written = {}
  local msn, part = var.arg__HLS_msn or '', var.arg__HLS_part or ''
  if msn:find('%D') or part:find('%D') then return nil end
  if msn ~= '' then written[#written + 1] = '_HLS_msn=' .. msn end
  if part ~= '' then written[#written + 1] = '_HLS_part=' .. part end
  if var.anke_skip ~= '' then written[#written + 1] = '_HLS_skip=YES' end
  return #written == 0 and '' or '?' .. table.concat(written, '&')
end

local function newest(key, asked)
  local path = '/media/t/' .. token_of() .. '/' .. var.anke_prefix .. '/' .. var.anke_file
  local reply = ask(path .. asked, { ['Accept-Encoding'] = var.anke_encoding }, PLAYLISTS)
  if not reply then return nil end
  local said = reply.said
  local answer = {
    status = reply.status,
    body = reply.body,
    type = said['content-type'],
    caching = said['cache-control'],
    encoding = said['content-encoding'],
    vary = said['vary'],
  }
  local seconds = math.min(tonumber(said['x-accel-expires']) or 0, PLAYLIST_SECONDS)
  if answer.status == 200 and seconds > 0 then
    answer.good_until = now() + seconds
    playlists.put(key, answer, #answer.body + 500)
  end
  return answer
end

-- For content_by_lua: one question at the edge for all who ask the same while it is open.
function _M.playlist()
  _M.check()
  local key = var.anke_key
  while true do
    local kept = playlists.get(key)
    if kept and kept.good_until > now() then return give(kept) end
    local asked = open[key]
    if not asked then
      local directives = query()
      if not directives then return exit(400) end
      if open_count >= MAX_OPEN then return exit(503) end
      asked = { waiting = 0, ready = semaphore.new(0) }
      open[key], open_count = asked, open_count + 1
      local ok, answer = pcall(newest, key, directives)
      ok = ok and answer
      if open[key] == asked then open[key], open_count = nil, open_count - 1 end
      local mine = ok and (answer.status == 401 or answer.status == 403)
      -- Sent out since the token was checked: that concerns nobody else, one of the others asks again.
      if ok and not mine then asked.answer = answer end
      if asked.waiting > 0 then asked.ready:post(asked.waiting) end
      if not ok then return exit(502) end
      if mine then checks.forget(token_of()) end
      return give(answer)
    end
    asked.waiting = asked.waiting + 1
    local woken = asked.ready:wait(PATIENCE / 1000)
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
