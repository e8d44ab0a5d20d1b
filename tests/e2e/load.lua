-- wrk's script: posts the body of the environment variable BODY; at the end, each kind of answer on a line, with how many
-- there were: `answer COUNT STATUS BODY`, and `failed COUNT` for what got none.
wrk.method = "POST"
wrk.body = os.getenv("BODY")

local threads = {}

function setup(thread)
  table.insert(threads, thread)
end

function init()
  answers = {}
end

function response(status, _, body)
  local answer = status .. " " .. body
  answers[answer] = (answers[answer] or 0) + 1
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
