# weft workflow run: a workflow on this machine, in memory.
$ weft workflow run examples/order.asl.json --mock examples/order.mock.json --input '{"id": 7, "amount": 12.50}'
{"id":7,"amount":12.50,"charge":{"paid":true}}
$ weft workflow run examples/order.asl.json --input '{"id": 8, "amount": 0}'
{"id": 8, "amount": 0}
$ weft workflow run examples/order.asl.json --input '{"id": 7, "amount": 1}'
weft: nothing answers the Task Charge (examples/order.asl.json:10:5), which calls the function charge: give `--function charge=FILE`, or `--mock FILE`, where FILE has {"Charge": {"result": …}}
? 5
$ echo '{"id": 9, "amount": 0}' > in.json
$ weft workflow run examples/order.asl.json --input @in.json
{"id": 9, "amount": 0}
$ weft workflow run - --input @in.json < examples/order.asl.json
{"id": 9, "amount": 0}
$ weft workflow run examples/order.asl.json --input - < in.json
{"id": 9, "amount": 0}
$ weft workflow run - --input - < in.json
weft: standard input has the definition: give --input as JSON or as @FILE
? 2
# The history is that of GetExecutionHistory, also of what fails.
$ weft workflow run examples/order.asl.json --history --input @in.json --name first
{"events":[{"timestamp":[..],"type":"ExecutionStarted","id":1,"previousEventId":0,"executionStartedEventDetails":{"input":"{\"id\": 9, \"amount\": 0}"[..]"type":"ExecutionSucceeded"[..]}]}
$ echo '{"Charge": {"error": "Card.Declined", "cause": "no money"}}' > declined.json
$ weft workflow run examples/order.asl.json --mock declined.json --input '{"amount": 1}'
weft: the execution failed in the state Charge (examples/order.asl.json:10:5): Card.Declined: no money
? 1
$ weft workflow run examples/order.asl.json --mock declined.json --input '{"amount": 1}' --json
{"type":"about:blank","code":"guest_error","title":"The guest failed","status":502,"detail":"the execution failed in the state Charge (examples/order.asl.json:10:5): Card.Declined: no money","position":{"line":10,"column":5,"offset":[..]},"retryable":false,"state":"Charge","error":"Card.Declined","cause":"no money","exit_code":1}
? 1
$ weft workflow run examples/order.asl.json --mock declined.json --input '{"amount": 1}' --history 2> /dev/null
{"events":[[..]"type":"ExecutionFailed",[..]"executionFailedEventDetails":{"error":"Card.Declined","cause":"no money"}}]}
? 1
# What is wrong with what was given is shown.
$ weft workflow run examples/order.asl.json --input '{id: 7}'
weft: --input: invalid JSON at line 1, column 2: expected a key in double quotes, found 'id'
  1 | {id: 7}
       ^
? 2
$ weft workflow run examples/order.asl.json --input in.json
weft: --input: invalid JSON at line 1, column 1: expected a value, found 'in.json'; `--input @in.json` reads that file
  1 | in.json
      ^
? 2
$ weft workflow run examples/order.asl.json --input @none.json
weft: --input: there is no file none.json
? 3
$ echo '{"Chrage": {"result": 1}}' > mock.json; weft workflow run examples/order.asl.json --mock mock.json
weft: mock.json:1:2: the workflow has no Task named Chrage; did you mean Charge?
  1 | {"Chrage": {"result": 1}}
       ^
? 2
$ sed 's/"Next": "Charge"/"Next": "Chrage"/' examples/order.asl.json > typo.asl.json; weft workflow run typo.asl.json
typo.asl.json:6:[..]: error: Missing 'Next' target: Chrage at /States/Due/Choices[0]/Next (MISSING_TRANSITION_TARGET); did you mean Charge?
...
weft: typo.asl.json is no valid workflow: 2 errors
? 2
$ weft workflow run none.asl.json
weft: there is no file none.asl.json
? 3
$ weft workflow run examples/order.asl.json --warnings
weft: --warnings is for `weft workflow validate`: leave it out
? 2
$ echo '{"StartAt": "A", "States": {"A": {"Type": "Choice", "Choices": [{"Variable": "$.x", "IsPresent": true, "Next": "B"}], "Default": "A"}, "B": {"Type": "Succeed"}}}' > loop.asl.json
$ weft workflow run loop.asl.json
weft: the execution failed[..]: States.Runtime: The execution reached the maximum number of history events (25000).
? 1
# Buckets of S3 are directories.
$ cat > each.asl.json <<'END'
> {"StartAt": "Each", "States": {"Each": {
>   "Type": "Map", "Label": "Each", "End": true,
>   "ItemReader": {
>     "Resource": "arn:aws:states:::s3:getObject",
>     "ReaderConfig": {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"},
>     "Parameters": {"Bucket": "people", "Key.$": "$.key"}
>   },
>   "ItemProcessor": {
>     "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
>     "StartAt": "Name", "States": {"Name": {"Type": "Pass", "OutputPath": "$.name", "End": true}}
>   },
>   "ResultWriter": {
>     "Resource": "arn:aws:states:::s3:putObject",
>     "Parameters": {"Bucket": "names", "Prefix": "all"},
>     "WriterConfig": {"Transformation": "COMPACT", "OutputType": "JSONL"}
>   }
> }}}
> END
$ mkdir -p people names; printf 'id,name\n1,Ada\n2,"Grace, Admiral"\n' > people/1.csv
$ weft workflow run each.asl.json --bucket people=people --bucket names=names --input '{"key": "1.csv"}'
{"MapRunArn":"arn:aws:states:local:000000000000:mapRun:each/Each:[..]","ResultWriterDetails":{"Bucket":"names","Key":"all/[..]/manifest.json"}}
$ cat names/all/*/SUCCEEDED_0.json
"Ada"
"Grace, Admiral"
$ weft workflow run each.asl.json --bucket people=people --input '{"key": "1.csv"}'
weft: the execution failed in the state Each (each.asl.json:1:32): States.ResultWriterFailed: The specified bucket does not exist: names. `--bucket names=DIR` says which directory it is.
? 1
$ weft workflow run each.asl.json --bucket people=people --input '{"key": "../each.asl.json"}'
weft: the execution failed in the state Each (each.asl.json:1:32): States.ItemReaderFailed: The object ../each.asl.json cannot be read: not permitted.
? 1
# Functions are files.
$ cat > sum.asl.json <<'END'
> {"StartAt": "Sum", "States": {"Sum": {
>   "Type": "Task", "Resource": "arn:aws:lambda:eu-west-1:123456789012:function:Sum_Up", "End": true,
>   "Catch": [{"ErrorEquals": ["Lambda.Unknown"], "ResultPath": "$.error", "Next": "Sorry"}]
> }, "Sorry": {"Type": "Pass", "OutputPath": "$.error", "End": true}}}
> END
$ weft workflow run sum.asl.json --function Sum_Up=examples/add.wat --input '{"export": "add", "args": [2, 3]}'
{"results":[5]}
$ weft workflow run sum.asl.json --function Sum_Up=examples/add.wat --input '{"export": "div", "args": [1, 0]}'
{"Error":"Lambda.Unknown","Cause":"The cause could not be determined because Lambda did not return an error type. Returned payload: {\"errorMessage\":\"integer divide by zero\"}"}
$ weft workflow run sum.asl.json --input '{"export": "add", "args": [2, 3]}'
weft: nothing answers the Task Sum (sum.asl.json:1:31), which calls the function Sum_Up: give `--function Sum_Up=FILE`, or `--mock FILE`, where FILE has {"Sum": {"result": …}}
? 5
$ weft workflow run sum.asl.json --function Sum_Up=none.py
weft: --function Sum_Up=none.py: there is no file none.py
? 3
$ weft workflow run sum.asl.json --function Sum_Up=in.json
weft: --function Sum_Up=in.json: in.json is no WebAssembly module; a Python file has a name that ends in .py, or a first line like #!/usr/bin/env python3
? 2
$ weft workflow run sum.asl.json --function Sum_Up
weft: --function Sum_Up: expected NAME=FILE
? 2
# What takes longer than a state lets it is ended.
$ echo '(module (func (export "run") (loop (br 0))))' > endless.wat
$ cat > late.asl.json <<'END'
> {"StartAt": "Endless", "States": {
>   "Endless": {"Type": "Task", "Resource": "arn:aws:lambda:eu-west-1:123456789012:function:endless", "TimeoutSeconds": 1,
>     "Retry": [{"ErrorEquals": ["States.Timeout"], "MaxAttempts": 1}], "End": true}}}
> END
$ weft workflow run late.asl.json --function endless=endless.wat --input '{"export": "run", "args": []}'
weft: the execution failed in the state Endless (late.asl.json:2:3): States.Timeout: it took longer than its TimeoutSeconds, 1
? 1
$ weft workflow run late.asl.json --function endless=endless.wat --input '{"export": "run", "args": []}' --history 2> /dev/null
{"events":[[..]"type":"LambdaFunctionTimedOut",[..]"lambdaFunctionTimedOutEventDetails":{"error":"States.Timeout"}[..]"type":"ExecutionFailed"[..]]}
? 1
$ sed 's/"StartAt"/"TimeoutSeconds": 1, "StartAt"/; s/"TimeoutSeconds": 1,$//' late.asl.json > whole.asl.json
$ weft workflow run whole.asl.json --function endless=endless.wat --input '{"export": "run", "args": []}'
weft: the execution's time was over in the state Endless (whole.asl.json:2:3): States.Timeout: it took longer than the workflow's TimeoutSeconds, 1
? 124
# What CloudFormation would fill in is a value that is given, or the name of a function.
$ sed 's/arn:aws:lambda[^"]*/${Endless.Arn}/; s/"TimeoutSeconds": 1/"TimeoutSeconds": ${Seconds}/' late.asl.json > template.asl.json
$ weft workflow run template.asl.json --substitute Seconds=1 --function Endless.Arn=examples/add.wat --input '{"export": "add", "args": [2, 3]}'
{"results":[5]}
$ weft workflow run template.asl.json --substitute Seconds=1
weft: nothing answers the Task Endless (template.asl.json:2:3), which calls ${Endless.Arn}: give `--function Endless.Arn=FILE`, or `--substitute Endless.Arn=VALUE`, or `--mock FILE`, where FILE has {"Endless": {"result": …}}
? 5
# Each function once, and only those that are called.
$ weft workflow run sum.asl.json --function arn:aws:lambda:eu-west-1:123456789012:function:Sum_Up:live=examples/add.wat --input '{"export": "add", "args": [2, 3]}'
{"results":[5]}
$ weft workflow run sum.asl.json --function Sum_Up=examples/add.wat --function Sum_Up=endless.wat
weft: --function Sum_Up=endless.wat: the function Sum_Up is given twice
? 2
# A mocked timeout is one: it happens when the time is over, and Catch takes it as that of AWS.
$ cat > callback.asl.json <<'END'
> {"StartAt": "Ask", "States": {"Ask": {
>   "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken", "HeartbeatSeconds": 30, "TimeoutSeconds": 100,
>   "Parameters": {"FunctionName": "ask", "Payload": {"token.$": "$$.Task.Token"}},
>   "Catch": [{"ErrorEquals": ["States.Timeout"], "Next": "Late"}], "End": true
> }, "Late": {"Type": "Pass", "Parameters": {"error.$": "$", "at.$": "$$.State.EnteredTime", "since.$": "$$.Execution.StartTime"}, "End": true}}}
> END
$ echo '{"Ask": {"error": "States.HeartbeatTimeout"}}' > silent.json
$ weft workflow run callback.asl.json --mock silent.json
{"error":{"Error":"States.Timeout","Cause":""},"at":[..]
$ weft workflow run callback.asl.json --mock silent.json --history
{"events":[[..]"type":"TaskScheduled"[..]"type":"TaskStarted"[..]"type":"TaskSubmitted"[..]"type":"TaskTimedOut"[..]]}
$ echo '{"Ask": {"error": "States.Timeout"}}' > late.json
$ weft workflow run callback.asl.json --mock late.json --history
{"events":[[..]"type":"TaskTimedOut"[..]]}
$ weft workflow run callback.asl.json --function ask=examples/add.wat
weft: nothing answers the Task Ask (callback.asl.json:1:31), which waits for its token, and calls the function ask: give `--mock FILE`, where FILE has {"Ask": {"result": …}}
? 5
# Functions see what --env says.
$ weft workflow run sum.asl.json --function Sum_Up=examples/add.wat --env NOT_SET_HERE
weft: --env NOT_SET_HERE[..]
? 2
