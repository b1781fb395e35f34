-- What bench/stack.py has wrk send; its figures go out as one line of JSON.
local token, method, body = os.getenv("STACK_TOKEN"), os.getenv("STACK_METHOD") or "GET", os.getenv("STACK_BODY")
local run, number = os.getenv("STACK_RUN") or "", 0
local headers = {}
if token and token ~= "" then headers["Authorization"] = "Bearer " .. token end
if body and body ~= "" then headers["Content-Type"] = "application/json" end

request = function()
  number = number + 1
  return wrk.format(method, nil, headers, body and (body:gsub("NUMBER", run .. number)) or nil)
end

done = function(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\nFIGURES {"requests": %d, "seconds": %.3f, "p50_ms": %.2f, "p99_ms": %.2f, "longest_ms": %.2f, "refused": %d, "broken": %d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, latency.max / 1e3,
    errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
