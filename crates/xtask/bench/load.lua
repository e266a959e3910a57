-- wrk -s load.lua URL -- KIND RUN ACCOUNTS PLAN PASSWORD OWNER
-- KIND says what is asked for; RUN makes the ids of this run unlike those of any other;
-- OWNER is the account whose page is asked for. One thread.

local kind, run, accounts, plan, password, owner
local count = 0

local function account() return count % accounts + 1 end
local function cookie(n) return string.format("__Host-session=%021dA", n) end
local function id() return string.format("%08x-0000-4000-8000-%012x", run, count) end
-- A public address that no other request of any run has.
local function address(first)
  local n = run * 65536 + count
  return string.format("%d.%d.%d.%d", first, math.floor(n / 65536) % 256, math.floor(n / 256) % 256, n % 256)
end
local function form(headers)
  headers["Content-Type"] = "application/x-www-form-urlencoded"
  headers["Accept"] = "text/html"
  headers["Sec-Fetch-Site"] = "same-origin"
  return headers
end

local kinds = {
  page = function() return wrk.format("GET") end,
  ["page-br"] = function() return wrk.format("GET", nil, { ["Accept-Encoding"] = "br, gzip" }) end,
  ["my-page"] = function() return wrk.format("GET", nil, { ["Cookie"] = cookie(owner) }) end,
  ["sign-in"] = function()
    local headers = form({ ["X-Forwarded-For"] = address(20) })
    local body = "email=account-" .. account() .. "%40bench.test&password=" .. password
    return wrk.format("POST", nil, headers, body)
  end,
  argon2 = function() return wrk.format("POST") end,
  order = function()
    local headers = form({ ["Cookie"] = cookie(account()) })
    local body = "plan=" .. plan .. "&period=1&ip=" .. address(20) .. "&name=&order=" .. id() .. "&total=4.90+EUR"
    return wrk.format("POST", nil, headers, body)
  end,
  debit = function() return wrk.format("POST", wrk.path .. "?account=" .. account() .. "&id=" .. id()) end,
}

function init(args)
  kind, run, accounts = args[1], tonumber(args[2]), tonumber(args[3])
  plan, password, owner = args[4], args[5], tonumber(args[6])
end

function request()
  count = count + 1
  return kinds[kind]()
end

function done(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format(
    '\n{"requests":%d,"microseconds":%d,"p50":%d,"p99":%d,"failed":%d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), failed))
end
