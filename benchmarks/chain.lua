-- Keeps one chain of refreshes per connection: a token that arrives is presented next, and once.
-- Arguments: method, path, body before the token, body after it, pattern of the next token in a good
-- answer, good status, token file, failures file, and headers: names and values by turns.
local method, path, before, after, pattern, good, report
local queue, head, tail = {}, 1, 0
local failures, served = 0, 0
local last = ""
local headers = {}

function init(arguments)
  method, path, before, after = arguments[1], arguments[2], arguments[3], arguments[4]
  pattern, good, report = arguments[5], tonumber(arguments[6]), arguments[8]
  for at = 9, #arguments, 2 do
    headers[arguments[at]] = arguments[at + 1]
  end
  for line in io.lines(arguments[7]) do
    tail = tail + 1
    queue[tail] = line
  end
end

function request()
  local token = queue[head]
  queue[head] = nil
  head = head + 1
  return wrk.format(method, path, headers, before .. token .. after)
end

-- Both a wrong status and a failure inside a good one leave no token behind; the chain then stops
-- at the token it had, and the run is reported as failed.
function response(status, _, body)
  local token = body:match(pattern)
  tail = tail + 1
  if status == good and token then
    served = served + 1
    last = token
    queue[tail] = token
  else
    failures = failures + 1
    queue[tail] = last
    local out = io.open(report, "w")
    out:write(failures .. " " .. status)
    out:close()
  end
end
