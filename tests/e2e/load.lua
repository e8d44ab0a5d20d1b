-- wrk's script: makes calls by chance of those in the environment variable CALLS, a line for each: its path, a space, its body.
-- At the end, each kind of answer on a line with how many there were, `answer COUNT STATUS WHAT`, where WHAT is the body or the
-- code of an error, and `failed COUNT` for calls that got none.
local threads = {}

function setup(thread)
  table.insert(threads, thread)
end

function init()
  answers = {}
  calls = {}
  math.randomseed(1)
  for path, body in string.gmatch(os.getenv("CALLS"), "([^ \n]+) ([^\n]*)") do
    table.insert(calls, wrk.format("POST", path, nil, body))
  end
end

function request()
  return calls[math.random(#calls)]
end

function response(status, _, body)
  local what = status .. " " .. (status ~= 200 and string.match(body, '"code":"([a-z_]+)"') or body)
  answers[what] = (answers[what] or 0) + 1
end

function done(summary)
  for _, thread in ipairs(threads) do
    for answer, count in pairs(thread:get("answers")) do
      print("answer " .. count .. " " .. answer)
    end
  end
  local errors = summary.errors
  print("failed " .. errors.connect + errors.read + errors.write + errors.timeout)
end
