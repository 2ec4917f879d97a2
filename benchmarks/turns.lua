-- Presents tokens that stay good, each in its turn. Arguments: as of chain.lua.
local method, path, before, after, pattern, good, report
local tokens, turn, failures = {}, 0, 0
local headers = {}

function init(arguments)
  method, path, before, after = arguments[1], arguments[2], arguments[3], arguments[4]
  pattern, good, report = arguments[5], tonumber(arguments[6]), arguments[8]
  for at = 9, #arguments, 2 do
    headers[arguments[at]] = arguments[at + 1]
  end
  for line in io.lines(arguments[7]) do
    tokens[#tokens + 1] = line
  end
end

function request()
  turn = turn % #tokens + 1
  return wrk.format(method, path, headers, before .. tokens[turn] .. after)
end

function response(status, _, body)
  if status ~= good or not body:match(pattern) then
    failures = failures + 1
    local out = io.open(report, "w")
    out:write(failures .. " " .. status)
    out:close()
  end
end
